import { HEADER_BYTES } from '../base/limits.js';
import type { NetworkCapabilities, SendBatch } from '../base/ports.js';
import { SymbolRuns } from './symbol-runs.js';

/**
 * Memory for datagrams that are made before they are due. Headers are written first, payloads when the disk has delivered them, and
 * marks when the datagrams leave. Each entry, numbered from 0, holds one datagram. Entries lie back to back at their own lengths, so
 * consecutive datagrams of equal length are a batch for the network without a copy. The memory is shared with other threads, so
 * that these write payloads to it.
 */
export class Slab {
  readonly bytes: SharedBytes;
  /** Most datagrams that the slab holds. */
  readonly capacity: number;
  /** Payloads to be read, as runs of consecutive symbols of a block in consecutive entries of equal distance. */
  readonly reads = new SymbolRuns();
  readonly #marginCount: number;
  /** Where each entry begins, and where the last one ends. The entries of the margin come first. */
  readonly #starts: Uint32Array;
  #count = 0;

  /**
   * @param maxDatagramBytes length of the longest datagram
   * @param marginCount how many datagrams of another slab can be put in front of entry 0
   */
  constructor(capacity: number, maxDatagramBytes: number, marginCount = 0) {
    this.capacity = capacity;
    this.#marginCount = marginCount;
    this.bytes = new Uint8Array(new SharedArrayBuffer((marginCount + capacity) * maxDatagramBytes));
    this.#starts = new Uint32Array(marginCount + capacity + 1);
    this.#starts[marginCount] = marginCount * maxDatagramBytes;
  }

  /** Number of datagrams that the slab holds, without those put in front of entry 0. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.capacity;
  }

  clear(): void {
    this.#count = 0;
    this.reads.clear();
  }

  /** Adds an entry of this length. Returns the offset in `bytes` at which it begins. */
  add(length: number): number {
    const start = this.startOf(this.#count);
    this.#count++;
    this.#starts[this.#marginCount + this.#count] = start + length;
    return start;
  }

  /**
   * Lists a symbol in `reads` as the payload of the entry that was added last.
   *
   * @param strideBytes length of a datagram with a whole symbol: where the next payload of the same run begins
   */
  wantSymbol(block: number, esi: number, strideBytes: number): void {
    this.reads.add(block, esi, this.startOf(this.#count - 1) + HEADER_BYTES, strideBytes);
  }

  /** The offset in `bytes` at which an entry begins. Entries put in front have numbers below 0; `count` gives the end of the last. */
  startOf(entry: number): number {
    return this.#starts[this.#marginCount + entry]!;
  }

  lengthOf(entry: number): number {
    return this.startOf(entry + 1) - this.startOf(entry);
  }

  /** Copies the datagrams of another slab, from its entry `first` on, in front of entry 0. Its last one becomes entry −1. */
  putBefore(other: Slab, first: number): void {
    const from = other.startOf(first);
    const shift = this.startOf(0) - other.startOf(other.count);
    this.bytes.set(other.bytes.subarray(from, other.startOf(other.count)), from + shift);
    for (let entry = first; entry < other.count; entry++) {
      this.#starts[this.#marginCount + entry - other.count] = other.startOf(entry) + shift;
    }
  }

  /** Makes batches of the entries from `first` up to `end`, as few as the network's rules allow. */
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

  /** The entry after the batch that begins with `entry`. Datagrams of a batch have one length; only the last may be shorter. */
  #batchEnd(entry: number, end: number, { maxBatchCount, maxBatchBytes }: SendLimits): number {
    const datagramBytes = this.lengthOf(entry);
    const maxCount = Math.min(end - entry, maxBatchCount, Math.floor(maxBatchBytes / datagramBytes));
    let next = entry + 1;
    while (next < entry + maxCount && this.lengthOf(next) === datagramBytes) next++;
    return next < entry + maxCount && this.lengthOf(next) < datagramBytes ? next + 1 : next;
  }
}

/** Most datagrams and bytes of one batch. */
export type SendLimits = Pick<NetworkCapabilities, 'maxBatchCount' | 'maxBatchBytes'>;

/** Memory that several threads can use at once. */
export type SharedBytes = Uint8Array<SharedArrayBuffer>;

/** Where payloads come from: an object's file, or its erasure code. */
export interface SymbolSource {
  readonly symbolBytes: number;
  /**
   * Writes the symbols of every run to `into`: symbol i of a run begins at its `start` + i · `strideBytes`. All other bytes stay
   * unchanged, also those after the last source symbol of the object if it is short. Until the promise is settled, other threads
   * may write to the runs; after that, nobody does.
   *
   * @param strideBytes at least `symbolBytes`
   * @throws {LayercastError} when the symbols can no longer be read, for example `OBJECT_CHANGED`
   */
  read(runs: SymbolRuns, into: SharedBytes, strideBytes: number): Promise<void>;
}

/** Makes the datagrams that a channel sends, in order and without end. */
export interface DatagramSource {
  /** Length of the longest datagram that the source makes. */
  readonly maxDatagramBytes: number;
  /** Length of the datagrams that the channel's interval is meant for. A longer one takes as much more time. */
  readonly ratedDatagramBytes: number;
  /** Clears a slab and fills it with the next datagrams. Payloads (listed in `slab.reads`) and departure marks come later. */
  prepare(slab: Slab): void;
}
