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
  /** Payloads still to be fetched, as runs of consecutive symbols in consecutive slots. */
  readonly reads: SymbolRun[] = [];

  constructor(capacity: number, strideBytes: number) {
    this.capacity = capacity;
    this.strideBytes = strideBytes;
    this.bytes = new Uint8Array(capacity * strideBytes);
    this.lengths = new Uint16Array(capacity);
  }

  clear(): void {
    this.count = 0;
    this.reads.length = 0;
  }

  /** Asks for the payload of the object's symbol `symbol` in slot `slot`. */
  wantSymbol(symbol: number, slot: number): void {
    const last = this.reads.at(-1);
    if (last && last.firstSymbol + last.count === symbol && last.firstSlot + last.count === slot) last.count++;
    else this.reads.push({ firstSymbol: symbol, firstSlot: slot, count: 1 });
  }
}

export interface SymbolRun {
  readonly firstSymbol: number;
  readonly firstSlot: number;
  count: number;
}

/** What a channel sends, in order, for ever. */
export interface DatagramSource {
  /** Longest datagram it makes. */
  readonly maxDatagramBytes: number;
  /** Fills an empty slab with the next datagrams, all but the payloads listed in `slab.reads` and the departure marks. */
  prepare(slab: Slab): void;
}
