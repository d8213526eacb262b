import { createHash } from 'node:crypto';
import { DEFAULT_SYMBOL_BYTES, HEADER_BYTES } from '../base/limits.js';
import { MAX_RECORD_BYTES } from './descriptor.js';
import { DatagramType, type Header, newHeader, writeHeader } from './header.js';

/** What a datagram carries of a record: fits IPv6's minimum MTU whatever `symbolBytes` the objects use. */
export const FRAGMENT_BYTES = DEFAULT_SYMBOL_BYTES;

/**
 * How many records may be in pieces at once, over all that claim to be ours. Genuine servers seldom have two under way;
 * 32 leave room for a forger's, and 32 × 36 KiB, twice if the pieces are of one byte, are 2.4 MB.
 */
const MAX_PENDING = 32;
/**
 * Records known by their tag, however they are cut, so that an announcement heard again costs neither assembly nor a
 * signature check: those of fleets with thousands of objects. At some 100 bytes each, 1 MB.
 */
const MAX_KNOWN = 10_000;

/**
 * A signed record cut into datagrams: it travels as an object of one block whose tag is the first 8 bytes of its SHA-256.
 * Sequence, time and marks are stamped when they leave.
 */
export function recordDatagrams(record: Uint8Array, serverIndex: number, channelIndex: number): readonly Uint8Array[] {
  const tag = recordTag(record);
  const header: Header = {
    ...newHeader(),
    type: DatagramType.descriptor,
    serverIndex,
    channelIndex,
    tagHigh: tag.readUInt32BE(0),
    tagLow: tag.readUInt32BE(4),
    sizeBytes: record.length,
    symbolBytes: FRAGMENT_BYTES,
    blockCount: 1,
  };
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < record.length; start += FRAGMENT_BYTES) {
    const piece = record.subarray(start, start + FRAGMENT_BYTES);
    const datagram = new Uint8Array(HEADER_BYTES + piece.length);
    header.esi = pieces.length;
    writeHeader(header, datagram, 0);
    datagram.set(piece, HEADER_BYTES);
    pieces.push(datagram);
  }
  return pieces;
}

/** Puts records together again from pieces that come in any order, mixed with damaged and invented ones. */
export class RecordAssembler {
  readonly #pending = new Map<string, PendingRecord>();
  readonly #known = new Set<string>();

  /**
   * Takes a piece. Returns a whole record when this completes one that matches its tag and was not returned before,
   * `false` when the piece makes no sense, undefined when there is nothing to say yet.
   */
  add(header: Readonly<Header>, bytes: Uint8Array, start: number, length: number): Uint8Array | false | undefined {
    const { sizeBytes, symbolBytes, esi } = header;
    const offset = esi * symbolBytes;
    if (sizeBytes > MAX_RECORD_BYTES || symbolBytes === 0 || offset >= sizeBytes) return false;
    if (length !== Math.min(symbolBytes, sizeBytes - offset)) return false;
    const tag = tagOf(header);
    if (this.#known.has(tag)) return undefined;
    const key = `${tag}-${sizeBytes}-${symbolBytes}`;
    const pending = this.#pending.get(key) ?? this.#begin(key, sizeBytes, Math.ceil(sizeBytes / symbolBytes));
    if (pending.have[esi] === 1) return undefined;
    pending.have[esi] = 1;
    pending.missingCount--;
    pending.bytes.set(bytes.subarray(start, start + length), offset);
    if (pending.missingCount > 0) return undefined;
    this.#pending.delete(key);
    const found = recordTag(pending.bytes);
    if (found.readUInt32BE(0) !== header.tagHigh || found.readUInt32BE(4) !== header.tagLow) return false;
    this.#remember(tag);
    return pending.bytes;
  }

  /** Has a record returned again when it is heard again, because nobody could look at it this time. */
  forget(header: Readonly<Header>): void {
    this.#known.delete(tagOf(header));
  }

  #begin(key: string, sizeBytes: number, pieceCount: number): PendingRecord {
    if (this.#pending.size >= MAX_PENDING) this.#pending.delete(this.#pending.keys().next().value!);
    const pending = { bytes: new Uint8Array(sizeBytes), have: new Uint8Array(pieceCount), missingCount: pieceCount };
    this.#pending.set(key, pending);
    return pending;
  }

  #remember(tag: string): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.values().next().value!);
    this.#known.add(tag);
  }
}

interface PendingRecord {
  readonly bytes: Uint8Array;
  /** 1 for each piece that is there. */
  readonly have: Uint8Array;
  missingCount: number;
}

function tagOf({ tagHigh, tagLow }: Readonly<Header>): string {
  return `${tagHigh}-${tagLow}`;
}

function recordTag(record: Uint8Array): Buffer {
  return createHash('sha256').update(record).digest().subarray(0, 8);
}
