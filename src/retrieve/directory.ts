import type { KeyObject } from 'node:crypto';
import type { Clock, MembershipRequest, Network, ReceivedBatch } from '../ports.js';
import type { Descriptor } from '../wire/descriptor.js';
import { unpackDescriptor } from '../wire/descriptor-reader.js';
import { RecordAssembler } from '../wire/fragments.js';
import { DatagramType, HEADER_BYTES, newHeader, readHeader } from '../wire/header.js';
import { openRecord, peekRecord } from '../wire/signature.js';

/** More announcements than people can read; what a forger adds beyond costs nothing more. */
const MAX_ANNOUNCEMENTS = 10_000;
/** Servers shown of one announcement. */
const MAX_SOURCES = 16;

/** A descriptor as somebody announced it. */
export interface Announcement {
  readonly descriptor: Descriptor;
  /** Addresses from which it was heard, in the order of hearing; at most `MAX_SOURCES`. */
  readonly sources: readonly string[];
  /** Whether the given key signed it; undefined when no key was given. */
  readonly genuine: boolean | undefined;
}

/**
 * Listens to announcements for a while. Vouches for nothing unless a key is given: anyone can announce anything.
 *
 * @param request the directory's group, or a fleet's announcement group.
 * @param untilUs when to stop listening, on the clock given.
 */
export async function listen(
  request: MembershipRequest,
  untilUs: number,
  key: KeyObject | undefined,
  { clock, network }: { readonly clock: Clock; readonly network: Network },
  signal: AbortSignal,
): Promise<readonly Announcement[]> {
  const heard = new Heard(key);
  const membership = await network.join(request, (batch) => heard.handle(batch));
  try {
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        cancel();
        reject(signal.reason);
      };
      const cancel = clock.schedule(untilUs, () => {
        signal.removeEventListener('abort', stop);
        resolve();
      });
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
  } finally {
    await membership.leave();
  }
  return heard.announcements();
}

class Heard {
  readonly #key: KeyObject | undefined;
  readonly #header = newHeader();
  readonly #records = new RecordAssembler();
  readonly #announcements = new Map<string, MutableAnnouncement>();
  /** What each record said, by its tag: servers that send the very same one are all heard. As many as announcements at most. */
  readonly #byTag = new Map<string, MutableAnnouncement>();

  constructor(key: KeyObject | undefined) {
    this.#key = key;
  }

  handle(batch: ReceivedBatch): void {
    for (let i = 0; i < batch.count; i++) {
      const [bytes, start, length] = [batch.buffers[i]!, batch.starts[i]!, batch.lengths[i]!];
      if (readHeader(bytes, start, length, this.#header) !== undefined) continue;
      if (this.#header.type !== DatagramType.descriptor) continue;
      const record = this.#records.add(this.#header, bytes, start + HEADER_BYTES, length - HEADER_BYTES);
      const tag = `${this.#header.tagHigh}-${this.#header.tagLow}`;
      if (record) this.#take(record, tag);
      noteSource(this.#byTag.get(tag), batch.sources[i]!);
    }
  }

  /** By fleet, object and version, as people look for them. */
  announcements(): readonly Announcement[] {
    const text = ({ descriptor }: Announcement) => `${descriptor.fleet}/${descriptor.object}`;
    return [...this.#announcements.values()].sort(
      (a, b) => text(a).localeCompare(text(b)) || a.descriptor.version - b.descriptor.version,
    );
  }

  #take(record: Uint8Array, tag: string): void {
    const descriptor = unpackDescriptor(peekRecord(record));
    if (descriptor === undefined || this.#byTag.size >= MAX_ANNOUNCEMENTS) return;
    const genuine = this.#key === undefined ? undefined : openRecord(record, this.#key) !== undefined;
    const hash = Buffer.from(descriptor.sha256).toString('hex');
    const id = JSON.stringify([descriptor.fleet, descriptor.object, descriptor.version, hash, genuine]);
    const announcement = this.#announcements.get(id) ?? { descriptor, sources: [], genuine };
    this.#announcements.set(id, announcement);
    this.#byTag.set(tag, announcement);
  }
}

type MutableAnnouncement = Announcement & { readonly sources: string[] };

function noteSource(announcement: MutableAnnouncement | undefined, source: string): void {
  if (announcement === undefined || announcement.sources.includes(source)) return;
  if (announcement.sources.length < MAX_SOURCES) announcement.sources.push(source);
}
