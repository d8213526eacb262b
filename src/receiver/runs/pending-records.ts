import { DATAGRAM_HASH_WORDS } from '../../wire/datagram-hash.js';
import type { Header } from '../../wire/header.js';
import { listsHash, RUN_DATAGRAMS, runRecordBytes } from '../../wire/runs.js';

/** Records of one stream that wait for a check: two times as many as are checked at once, for those that somebody forges. */
const MAX_PENDING = 8;

/** Run records of one stream that arrived and are not checked yet. When there are too many, the oldest is dropped. */
export class PendingRecords {
  readonly #bytes = new Uint8Array(MAX_PENDING * runRecordBytes(RUN_DATAGRAMS));
  readonly #sequences = new Uint32Array(MAX_PENDING);
  readonly #counts = new Uint8Array(MAX_PENDING);
  readonly #startedS = new Uint32Array(MAX_PENDING);
  readonly #arrivalsUs = new Float64Array(MAX_PENDING);
  readonly #sendTimes = new Uint32Array(MAX_PENDING);
  readonly #hashes = new Uint32Array(MAX_PENDING * DATAGRAM_HASH_WORDS);
  /** Numbers of the places in use, in order of arrival. */
  readonly #order: number[] = [];

  get count(): number {
    return this.#order.length;
  }

  /** When the oldest one arrived; infinite if there is none. */
  get oldestUs(): number {
    return this.#order.length === 0 ? Number.POSITIVE_INFINITY : this.#arrivalsUs[this.#order[0]!]!;
  }

  /** The one that arrived last; −1 if there is none. */
  get newest(): number {
    return this.#order.at(-1) ?? -1;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  startOf(record: number): number {
    return record * runRecordBytes(RUN_DATAGRAMS);
  }

  sequenceOf(record: number): number {
    return this.#sequences[record]!;
  }

  countOf(record: number): number {
    return this.#counts[record]!;
  }

  /** When the record arrived, less when it was sent, by two clocks: modulo 2^32 µs. */
  delayUsOf(record: number): number {
    return (this.#arrivalsUs[record]! - this.#sendTimes[record]!) >>> 0;
  }

  startedSOf(record: number): number {
    return this.#startedS[record]!;
  }

  /** @param hashes of the record's own datagram, from `at` on */
  add(
    header: Readonly<Header>,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
    hashes: Uint32Array,
    at: number,
  ): void {
    if (this.#order.length === MAX_PENDING) this.#order.shift();
    let record = 0;
    while (this.#order.includes(record)) record++;
    this.#order.push(record);
    this.#bytes.set(bytes.subarray(start, start + length), this.startOf(record));
    this.#sequences[record] = header.sequence;
    this.#counts[record] = header.esi;
    this.#startedS[record] = header.block;
    this.#arrivalsUs[record] = arrivalUs;
    this.#sendTimes[record] = header.sendTimeUs;
    for (let word = 0; word < DATAGRAM_HASH_WORDS; word++) {
      this.#hashes[record * DATAGRAM_HASH_WORDS + word] = hashes[at + word]!;
    }
  }

  remove(record: number): void {
    const at = this.#order.indexOf(record);
    if (at >= 0) this.#order.splice(at, 1);
  }

  /** A pending record that this genuine one proves, because it lists its hash; −1 if there is none. */
  provenBy(record: number): number {
    const count = this.countOf(record);
    const first = (this.sequenceOf(record) - count) >>> 0;
    for (const other of this.#order) {
      const index = (this.sequenceOf(other) - first) >>> 0;
      if (other === record || index >= count) continue;
      if (listsHash(this.#bytes, this.startOf(record), index, this.#hashes, other * DATAGRAM_HASH_WORDS)) return other;
    }
    return -1;
  }
}
