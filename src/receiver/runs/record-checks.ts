import type { KeyObject } from 'node:crypto';
import { Allowance } from '../../base/allowance.js';
import type { Header } from '../../wire/header.js';
import { RUN_DATAGRAMS, type RunRecords } from '../../wire/runs.js';
import { PendingRecords } from './pending-records.js';

/** While nobody forges, one signature is checked for this many records: 110 µs for 256 datagrams. */
const RECORDS_PER_CHECK = 4;
/** A record waits at most this long for its check, or for those that come after it. */
const MAX_WAIT_US = 200_000;
/**
 * Checks of one stream in a second, at least: a genuine channel of 100 Mbit/s needs 150 when each record is checked. A faster channel gets as many as
 * it sends records, and a quarter more: where this host loses most of the datagrams, hardly two records follow each other, so each is checked. With
 * 400 checks for 3 Gbit/s, a receiver threw most symbols away as unproven, and heard the object 6.6 times instead of 1.8 times.
 */
const MIN_CHECKS_PER_SECOND = 400;
/** Half of a processor, for a channel that takes more than one to receive. */
const MAX_CHECKS_PER_SECOND = 5000;
const RECORD_MARGIN = 1.25;

/** What becomes of the records of a stream. */
export interface RecordSink {
  /** A record is genuine; those of one check come in the order of their sequence numbers. It is valid during the call. */
  readonly onGenuine: (records: PendingRecords, record: number, nowUs: number) => void;
  /** A record is not genuine (`run`), or too many arrive to be checked (`flood`). */
  readonly onFault: (fault: 'run' | 'flood') => void;
}

/** Checks the run records of one stream, several with one signature where they prove each other, and not more than an attacker may cost. */
export class RecordChecks {
  readonly #key: KeyObject;
  readonly #records: RunRecords;
  readonly #sink: RecordSink;
  readonly #pending = new PendingRecords();
  readonly #checks: Allowance;
  /** Records that were found genuine in the present check. */
  readonly #genuine: number[] = [];

  /** @param datagramsPerSecond what the channel sends, as the signed descriptor says */
  constructor(datagramsPerSecond: number, key: KeyObject, records: RunRecords, sink: RecordSink) {
    const recordsPerSecond = (RECORD_MARGIN * datagramsPerSecond) / RUN_DATAGRAMS;
    const checksPerSecond = Math.min(Math.max(MIN_CHECKS_PER_SECOND, recordsPerSecond), MAX_CHECKS_PER_SECOND);
    this.#checks = new Allowance(checksPerSecond, checksPerSecond / 2);
    this.#key = key;
    this.#records = records;
    this.#sink = sink;
  }

  /** Records that wait for their check. */
  get pendingCount(): number {
    return this.#pending.count;
  }

  /**
   * Takes a record that has arrived.
   *
   * @param hashes of its own datagram, from `at` on
   * @param mustKnow whether it is checked at once, and does not wait for others
   */
  add(
    header: Readonly<Header>,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
    hashes: Uint32Array,
    at: number,
    mustKnow: boolean,
  ): void {
    this.#pending.add(header, bytes, start, length, arrivalUs, hashes, at);
    if (mustKnow || this.#pending.count >= RECORDS_PER_CHECK) this.#check(arrivalUs);
  }

  /** Checks records that have waited for long enough. */
  tick(nowUs: number): void {
    if (nowUs - this.#pending.oldestUs >= MAX_WAIT_US) this.#check(nowUs);
  }

  /** Checks all pending records, the newest first, because it may prove those before it. */
  #check(nowUs: number): void {
    const pending = this.#pending;
    const genuine = this.#genuine;
    genuine.length = 0;
    for (let record = pending.newest; record >= 0; record = pending.newest) {
      const isAllowed = this.#checks.take(nowUs);
      const start = pending.startOf(record);
      if (isAllowed && this.#records.isGenuine(pending.bytes, start, pending.countOf(record), this.#key)) {
        this.#collect(record);
      } else {
        this.#sink.onFault(isAllowed ? 'run' : 'flood');
        pending.remove(record);
      }
    }
    genuine.sort((a, b) => (pending.sequenceOf(a) - pending.sequenceOf(b)) | 0);
    // What they hold is overwritten only by records that arrive later.
    for (const record of genuine) this.#sink.onGenuine(pending, record, nowUs);
  }

  /** Collects a genuine record and those that it proves. */
  #collect(newest: number): void {
    for (let record = newest; record >= 0; record = this.#pending.provenBy(record)) {
      this.#genuine.push(record);
      this.#pending.remove(record);
    }
  }
}
