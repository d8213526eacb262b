/**
 * Room for datagrams that are made ahead of their time: headers at once, payloads when the disk has them, marks when they
 * leave. Slot i begins at i · strideBytes; all are of one stride, so that a batched socket can take many in one call.
 */
export class Slab {
  readonly bytes: Uint8Array;
  readonly strideBytes: number;
  readonly capacity: number;
  /** Bytes of each slot's datagram. */
  readonly lengths: Uint16Array;
  /** Slots that hold a datagram. */
  count = 0;
  /** Payloads still to be fetched, as runs of consecutive symbols of a block in consecutive slots. */
  readonly reads: SymbolRun[] = [];
  readonly #marginCount: number;
  readonly #allBytes: Uint8Array;
  readonly #allLengths: Uint16Array;

  /** @param marginCount how many datagrams of another slab can be put in front of its own. */
  constructor(capacity: number, strideBytes: number, marginCount = 0) {
    this.capacity = capacity;
    this.strideBytes = strideBytes;
    this.#marginCount = marginCount;
    this.#allBytes = new Uint8Array((marginCount + capacity) * strideBytes);
    this.#allLengths = new Uint16Array(marginCount + capacity);
    this.bytes = this.#allBytes.subarray(marginCount * strideBytes);
    this.lengths = this.#allLengths.subarray(marginCount);
  }

  /** Copies the datagrams of another slab of the same stride from slot `first` on in front of slot 0, into the slots below. */
  putBefore(other: Slab, first: number): void {
    const count = other.count - first;
    this.bytesFrom(-count).set(other.bytes.subarray(first * this.strideBytes, other.count * this.strideBytes));
    this.lengthsFrom(-count).set(other.lengths.subarray(first, other.count));
  }

  /** What lies in slot `slot`, below 0 for those put before, and all that follow. */
  bytesFrom(slot: number): Uint8Array {
    return this.#allBytes.subarray((this.#marginCount + slot) * this.strideBytes);
  }

  lengthsFrom(slot: number): Uint16Array {
    return this.#allLengths.subarray(this.#marginCount + slot);
  }

  clear(): void {
    this.count = 0;
    this.reads.length = 0;
  }

  /** Asks for the payload of a symbol in slot `slot`. */
  wantSymbol(block: number, esi: number, slot: number): void {
    const last = this.reads.at(-1);
    const follows = last?.block === block && last.firstEsi + last.count === esi && last.firstSlot + last.count === slot;
    if (follows) last.count++;
    else this.reads.push({ block, firstEsi: esi, firstSlot: slot, count: 1 });
  }
}

/** Consecutive symbols of one block, and the first of the consecutive slots they belong in. */
export interface SymbolRun {
  readonly block: number;
  readonly firstEsi: number;
  readonly firstSlot: number;
  count: number;
}

/** Where payloads come from: an object's file, or its erasure code. */
export interface SymbolSource {
  readonly symbolBytes: number;
  /**
   * Puts the symbols of every run into `into`, that of slot i at i · symbolBytes; what lies between is left as it is. Rejects
   * with `OBJECT_CHANGED` and the like when they cannot be had any more.
   */
  read(runs: readonly Readonly<SymbolRun>[], into: Uint8Array): Promise<void>;
}

/** What a channel sends, in order, for ever. */
export interface DatagramSource {
  /** Longest datagram it makes. */
  readonly maxDatagramBytes: number;
  /** Fills an empty slab with the next datagrams, all but the payloads listed in `slab.reads` and the departure marks. */
  prepare(slab: Slab): void;
}
