import type { KeyObject } from 'node:crypto';
import { HEADER_BYTES } from '../../base/limits.js';
import { DATAGRAM_HASH_WORDS } from '../../wire/datagram-hash.js';
import type { Header } from '../../wire/header.js';
import { isRunRecord, listsHash, RUN_DATAGRAMS, type RunRecords } from '../../wire/runs.js';
import type { PendingRecords } from './pending-records.js';
import { RecordAges } from './record-ages.js';
import { RecordChecks, type RecordSink } from './record-checks.js';
import { Fate, WaitingRing } from './waiting-ring.js';

/**
 * Datagrams whose sequence numbers fit what was proven last. A run and the record after it are 64; records are checked four at a time, some
 * are lost, and in an attack others claim the same numbers.
 */
const NEAR_CAPACITY = 512;
/**
 * All others: after a restart of the server or a long outage, the next record proves up to 64 of them. Records in a row may be lost, too: on a
 * link that loses a tenth, 256 datagrams pass without one in one of 25,000 outages.
 */
const FAR_CAPACITY = 256;
/** How far a number may be ahead of the last proven one, beside those of records that wait for their check: three runs. */
const NEAR_AHEAD = 3 * RUN_DATAGRAMS;
/** How far it may be behind: datagrams that others have overtaken. */
const NEAR_BEHIND = RUN_DATAGRAMS;
/** This many datagrams of a stream that was never proven count as near: a server proves its first 64 at once. */
const FIRST_COUNT = 4 * RUN_DATAGRAMS;
/** How far these may be behind the first record that arrives: on a link that loses every second datagram, one in 256 begins later. */
const FIRST_BEHIND = 2 * FIRST_COUNT;

/** What becomes of datagrams of a stream; entries are those of the ring. */
export interface RunSink extends Pick<RecordSink, 'onFault'> {
  /** A genuine record lists the datagram. `mayMeasure` is false for one that was sent again later. */
  readonly onProven: (runs: StreamRuns, ring: WaitingRing, entry: number, mayMeasure: boolean) => void;
  /** A genuine record lists another datagram with this number. */
  readonly onForged: (runs: StreamRuns, ring: WaitingRing, entry: number) => void;
  /** No record came; `isNear` as for `isNear`. */
  readonly onUnproven: (runs: StreamRuns, ring: WaitingRing, entry: number, isNear: boolean) => void;
  /**
   * The number of a datagram that was taken for near before the first proof is far from that proof: it was forged, or sent before an outage. It
   * may still be proven.
   */
  readonly onStray: (runs: StreamRuns, ring: WaitingRing, entry: number) => void;
  /** The datagram was sent in a run whose record was lost. The next record proves that the server sent one with this number. */
  readonly onPassed: (runs: StreamRuns, ring: WaitingRing, entry: number) => void;
  /** What was measured until now was sent before and sent again by somebody. */
  readonly onStale: (runs: StreamRuns) => void;
}

/** What one stream (a channel of a server that has a key) has sent, and which of it run records have proven. */
export class StreamRuns {
  readonly serverIndex: number;
  readonly channelIndex: number;
  /** The number of the server's key. */
  readonly keyNumber: number;
  readonly near: WaitingRing;
  readonly far: WaitingRing;
  /** Symbols taken without a proof since a record was last proven. */
  takenCount = 0;
  readonly #sink: RunSink;
  readonly #checks: RecordChecks;
  /** Sequence number of the last proven record; −1 before the first. */
  #provenTo = -1;
  readonly #ages = new RecordAges();
  #notedCount = 0;

  /** @param datagramsPerSecond what the channel sends, as the signed descriptor says */
  constructor(
    stream: { readonly serverIndex: number; readonly channelIndex: number; readonly keyNumber: number },
    datagramsPerSecond: number,
    key: KeyObject,
    symbolBytes: number,
    records: RunRecords,
    sink: RunSink,
  ) {
    this.serverIndex = stream.serverIndex;
    this.channelIndex = stream.channelIndex;
    this.keyNumber = stream.keyNumber;
    this.near = new WaitingRing(NEAR_CAPACITY, symbolBytes);
    this.far = new WaitingRing(FAR_CAPACITY, symbolBytes);
    this.#checks = new RecordChecks(datagramsPerSecond, key, records, {
      onGenuine: (pending, record, nowUs) => this.#accept(pending, record, nowUs),
      onFault: sink.onFault,
    });
    this.#sink = sink;
  }

  /** Whether a number fits what was proven last, so that its datagram may be measured and taken before it is proven. */
  isNear(sequence: number): boolean {
    if (this.#provenTo < 0) return this.#notedCount < FIRST_COUNT;
    const ahead = (sequence - this.#provenTo) | 0;
    return ahead > -NEAR_BEHIND && ahead <= this.#aheadLimit;
  }

  /** Whether a symbol may be taken without a proof: not many more are than the server sent. */
  get hasCredit(): boolean {
    return this.takenCount < (this.#provenTo < 0 ? 2 * RUN_DATAGRAMS : this.#aheadLimit);
  }

  /**
   * The channel was joined again: numbers have gone on meanwhile. What still waits from before is measured no more, since a gap after it would
   * count as loss.
   */
  resume(): void {
    this.#provenTo = -1;
    this.#notedCount = 0;
    this.takenCount = 0;
    for (const { fates } of [this.near, this.far]) for (let i = 0; i < fates.length; i++) fates[i]! |= Fate.measured;
  }

  /** Whether a record of this stream has been proven since it was joined. */
  get isProven(): boolean {
    return this.#provenTo >= 0;
  }

  /** Notes a datagram that has arrived and returns its entry in the ring. */
  note(
    header: Readonly<Header>,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
    hasOwnArrival: boolean,
    isNear: boolean,
  ): number {
    const ring = isNear ? this.near : this.far;
    const oldest = ring.next;
    if (ring.isUsed(oldest)) {
      ring.release(oldest);
      this.#sink.onUnproven(this, ring, oldest, isNear);
    }
    this.#notedCount++;
    return ring.add(header, bytes, start, length, arrivalUs, hasOwnArrival);
  }

  /** Takes a run record that was noted as `entry` of the ring; false if it is none. */
  addRecord(
    header: Readonly<Header>,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
    ring: WaitingRing,
    entry: number,
    isHasty: boolean,
  ): boolean {
    if (!isRunRecord(header.esi, length - HEADER_BYTES)) return false;
    const at = entry * DATAGRAM_HASH_WORDS;
    // After an outage, the ring for datagrams that do not fit has no room for those that come before four records.
    const mustKnow = isHasty || ring === this.far || this.#provenTo < 0;
    this.#checks.add(header, bytes, start, length, arrivalUs, ring.hashes, at, mustKnow);
    return true;
  }

  /** Checks records that have waited for long enough. */
  tick(nowUs: number): void {
    this.#checks.tick(nowUs);
  }

  get #aheadLimit(): number {
    return NEAR_AHEAD + this.#checks.pendingCount * RUN_DATAGRAMS;
  }

  #accept(pending: PendingRecords, record: number, nowUs: number): void {
    const sequence = pending.sequenceOf(record);
    const first = (sequence - pending.countOf(record)) >>> 0;
    const isFirst = this.#provenTo < 0;
    const age = this.#ages.judge(pending.startedSOf(record), pending.delayUsOf(record), nowUs);
    if (age === 'restart') this.#provenTo = (sequence - RUN_DATAGRAMS) >>> 0;
    if (age === 'unmasking') {
      this.#provenTo = -1;
      this.#sink.onStale(this);
    }
    const isNow = age !== 'again';
    // A record that somebody sends again proves symbols, but says nothing of what the server sends now.
    const mayMeasure = isNow && (this.#provenTo < 0 || ((sequence - this.#provenTo) | 0) > 0);
    if (mayMeasure && this.#provenTo >= 0) this.#pass(first);
    this.#prove(this.near, pending, record, first, mayMeasure);
    this.#prove(this.far, pending, record, first, mayMeasure);
    if (!isNow) return;
    if (this.#provenTo >= 0 && ((sequence - this.#provenTo) | 0) <= 0) return;
    this.#provenTo = sequence;
    this.takenCount = 0;
    if (isFirst) this.#tellStrays();
  }

  /** Tells of what was taken for near while nothing was known. */
  #tellStrays(): void {
    const ring = this.near;
    for (let entry = 0; entry < ring.capacity; entry++) {
      const ahead = (ring.sequences[entry]! - this.#provenTo) | 0;
      const isStray = ahead <= -FIRST_BEHIND || ahead > this.#aheadLimit;
      if (isStray && ring.isUsed(entry)) this.#sink.onStray(this, ring, entry);
    }
  }

  /** Passes on what arrived between the last proven record and number `first`: the records in between were lost. */
  #pass(first: number): void {
    const gap = (first - this.#provenTo) | 0;
    if (gap <= 0) return;
    for (const ring of [this.near, this.far]) {
      for (let i = 0; i < ring.capacity; i++) {
        const entry = (ring.next + i) % ring.capacity;
        const ahead = (ring.sequences[entry]! - this.#provenTo) | 0;
        if (ring.isUsed(entry) && ahead > 0 && ahead < gap) this.#sink.onPassed(this, ring, entry);
      }
    }
  }

  #prove(ring: WaitingRing, pending: PendingRecords, record: number, first: number, mayMeasure: boolean): void {
    const { bytes } = pending;
    const start = pending.startOf(record);
    const count = pending.countOf(record);
    for (let i = 0; i < ring.capacity; i++) {
      const entry = (ring.next + i) % ring.capacity;
      if (!ring.isUsed(entry)) continue;
      const index = (ring.sequences[entry]! - first) >>> 0;
      if (index >= count) continue;
      ring.release(entry);
      if (listsHash(bytes, start, index, ring.hashes, entry * DATAGRAM_HASH_WORDS)) {
        this.#sink.onProven(this, ring, entry, mayMeasure);
      } else {
        this.#sink.onForged(this, ring, entry);
      }
    }
  }
}
