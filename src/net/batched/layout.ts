import type { TypeObject } from 'koffi';

/** The part of koffi that measures C's types on this machine. */
export interface Measuring {
  struct(members: Record<string, string | TypeObject>): TypeObject;
  sizeof(type: string | TypeObject): number;
  offsetof(type: TypeObject, member: string): number;
}

/**
 * Where the fields of the system's structures are on this machine, in words of 4 bytes. The structures are those of Linux's system
 * calls. The C library's own (musl has a padded `msg_iovlen`) have the same bytes.
 */
export interface Layout {
  /** Words of C's types long, size_t and pointers: 1 or 2. */
  readonly longWords: 1 | 2;
  /** Which of the words of such a number has its lower 32 bits; the other one is the upper. */
  readonly lowWord: 0 | 1;
  /** Words of a struct mmsghdr, and where its fields begin. */
  readonly messageWords: number;
  readonly name: number;
  readonly nameLength: number;
  readonly vector: number;
  readonly vectorLength: number;
  readonly control: number;
  readonly controlLength: number;
  readonly flags: number;
  readonly length: number;
  /** Words of a struct cmsghdr: length as size_t, level, type. */
  readonly controlHeaderWords: number;
  /** Bytes of a struct group_source_req, and where group and source begin in it. */
  readonly sourceRequestBytes: number;
  readonly requestGroupAt: number;
  readonly requestSourceAt: number;
}

/** Bytes of a struct sockaddr_storage, which is aligned like a long. */
const STORAGE_BYTES = 128;

export function layoutOf(koffi: Measuring): Layout {
  const header = koffi.struct({
    name: 'uintptr_t',
    nameLength: 'uint32',
    vector: 'uintptr_t',
    vectorLength: 'size_t',
    control: 'uintptr_t',
    controlLength: 'size_t',
    flags: 'uint32',
  });
  const message = koffi.struct({ header, length: 'uint32' });
  const longBytes = koffi.sizeof('long');
  const at = (member: string) => koffi.offsetof(header, member) / 4;
  return {
    longWords: longBytes === 8 ? 2 : 1,
    lowWord: longBytes === 8 && isBigEndian() ? 1 : 0,
    messageWords: koffi.sizeof(message) / 4,
    name: at('name'),
    nameLength: at('nameLength'),
    vector: at('vector'),
    vectorLength: at('vectorLength'),
    control: at('control'),
    controlLength: at('controlLength'),
    flags: at('flags'),
    length: koffi.offsetof(message, 'length') / 4,
    controlHeaderWords: longBytes / 4 + 2,
    // The interface's index comes first, and is padded to a long.
    sourceRequestBytes: longBytes + 2 * STORAGE_BYTES,
    requestGroupAt: longBytes,
    requestSourceAt: longBytes + STORAGE_BYTES,
  };
}

function isBigEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
}
