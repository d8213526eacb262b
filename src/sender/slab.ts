import type { NetworkCapabilities, SendBatch } from '../base/ports.js';

/**
 * Memory for datagrams that are made ahead of their time: headers first, payloads when the disk has delivered them, marks when
 * the datagrams leave. Entries, from 0 on, hold one datagram each. They lie back to back, whatever their lengths, so that equal
 * datagrams in a row are one batch for the network as they lie.
 */
export class Slab {
  readonly bytes: Uint8Array;
  /** Most datagrams that it holds. */
  readonly capacity: number;
  /** Payloads still to be read, as runs of consecutive symbols of a block in consecutive entries. */
  readonly reads: SymbolRun[] = [];
  readonly #marginCount: number;
  /** Where each entry begins, those of the margin first, and where the last one ends. */
  readonly #starts: Uint32Array;
  #count = 0;

  /**
   * @param maxDatagramBytes the longest datagram that it holds
   * @param marginCount how many datagrams of another slab can be put in front of its own
   */
  constructor(capacity: number, maxDatagramBytes: number, marginCount = 0) {
    this.capacity = capacity;
    this.#marginCount = marginCount;
    this.bytes = new Uint8Array((marginCount + capacity) * maxDatagramBytes);
    this.#starts = new Uint32Array(marginCount + capacity + 1);
    this.#starts[marginCount] = marginCount * maxDatagramBytes;
  }

  /** Number of datagrams that it holds, without those put in front. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.capacity;
  }

  clear(): void {
    this.#count = 0;
    this.reads.length = 0;
  }

  /** Adds an entry of this length; returns where in `bytes` it begins. */
  add(length: number): number {
    const start = this.startOf(this.#count);
    this.#count++;
    this.#starts[this.#marginCount + this.#count] = start + length;
    return start;
  }

  /** Asks for the payload of a symbol in the entry that was added last. */
  wantSymbol(block: number, esi: number): void {
    const entry = this.#count - 1;
    const last = this.reads.at(-1);
    const follows =
      last?.block === block && last.firstEsi + last.count === esi && last.firstEntry + last.count === entry;
    if (follows) last.count++;
    else this.reads.push({ block, firstEsi: esi, firstEntry: entry, count: 1 });
  }

  /** Where in `bytes` an entry begins; below 0 are those put in front, `count` gives the end of the last. */
  startOf(entry: number): number {
    return this.#starts[this.#marginCount + entry]!;
  }

  lengthOf(entry: number): number {
    return this.startOf(entry + 1) - this.startOf(entry);
  }

  /** Copies the datagrams of another slab from entry `first` on to the entries in front of entry 0: −1 is then its last. */
  putBefore(other: Slab, first: number): void {
    const from = other.startOf(first);
    const shift = this.startOf(0) - other.startOf(other.count);
    this.bytes.set(other.bytes.subarray(from, other.startOf(other.count)), from + shift);
    for (let entry = first; entry < other.count; entry++) {
      this.#starts[this.#marginCount + entry - other.count] = other.startOf(entry) + shift;
    }
  }

  /** Entries from `first` up to `end`, in as few batches as the network's rules allow. */
  batches(first: number, end: number, limits: SendLimits): readonly SendBatch[] {
    const batches: SendBatch[] = [];
    for (let entry = first; entry < end; ) {
      const next = this.#batchEnd(entry, end, limits);
      const bytes = this.bytes.subarray(this.startOf(entry), this.startOf(next));
      batches.push({ count: next - entry, bytes, datagramBytes: this.lengthOf(entry) });
      entry = next;
    }
    return batches;
  }

  /** The first entry that is not in the batch that begins with `entry`: all have one length, only the last may be shorter. */
  #batchEnd(entry: number, end: number, { maxBatchCount, maxBatchBytes }: SendLimits): number {
    const datagramBytes = this.lengthOf(entry);
    const maxCount = Math.min(end - entry, maxBatchCount, Math.floor(maxBatchBytes / datagramBytes));
    let next = entry + 1;
    while (next < entry + maxCount && this.lengthOf(next) === datagramBytes) next++;
    return next < entry + maxCount && this.lengthOf(next) < datagramBytes ? next + 1 : next;
  }
}

/** What one batch may hold. */
export type SendLimits = Pick<NetworkCapabilities, 'maxBatchCount' | 'maxBatchBytes'>;

/** Consecutive symbols of one block, and the first of the consecutive entries they belong in. */
export interface SymbolRun {
  readonly block: number;
  readonly firstEsi: number;
  readonly firstEntry: number;
  count: number;
}

/** The origin of payloads: an object's file, or its erasure code. */
export interface SymbolSource {
  readonly symbolBytes: number;
  /**
   * Puts the symbols of every run into `into`, the one of entry i at i · symbolBytes; the bytes between runs stay as they are.
   * Rejects with `OBJECT_CHANGED` and the like when the symbols cannot be read any more.
   */
  read(runs: readonly Readonly<SymbolRun>[], into: Uint8Array): Promise<void>;
}

/** What a channel sends, in order, without end. */
export interface DatagramSource {
  /** Length of the longest datagram that it makes. */
  readonly maxDatagramBytes: number;
  /** Fills an empty slab with the next datagrams, all but the payloads listed in `slab.reads` and the departure marks. */
  prepare(slab: Slab): void;
}
