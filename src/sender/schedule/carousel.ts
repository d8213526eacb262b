import { HEADER_BYTES } from '../../base/limits.js';
import { FRAGMENT_BYTES } from '../../wire/fragments.js';
import { addressDatagram, DatagramType, type Header, writeHeader } from '../../wire/header.js';
import type { DatagramSource, Slab } from '../slab.js';
import type { SymbolOrder } from './symbol-order.js';

/** A receiver on one channel should meet each accompanying datagram this often while it hears the object once. */
const RECORDS_PER_PASS = 16;
/** Accompanying datagrams never take more than one datagram in this many: 3 % of a channel. */
const MIN_RECORD_INTERVAL = 32;
/** Nor come more seldom than this, so that a receiver of a huge object need not wait long for its first. */
const MAX_RECORD_INTERVAL = 1024;

export interface CarouselOptions {
  readonly order: SymbolOrder;
  /** Header fields that all datagrams of the object share: tag, sizes, FEC Encoding ID. */
  readonly object: Readonly<Header>;
  readonly serverIndex: number;
  readonly channelIndex: number;
  /** Symbols of the object: what a receiver hears at least. */
  readonly symbolCount: number;
  /** Descriptor pieces and digest runs that ride along, from `recordDatagrams` and `digestDatagram`. */
  readonly records: readonly Uint8Array[];
}

/** A channel's endless loop: symbols in some order, with a descriptor piece or a digest run between them now and then. */
export class Carousel implements DatagramSource {
  readonly maxDatagramBytes: number;
  readonly #options: CarouselOptions;
  readonly #header: Header;
  readonly #recordInterval: number;
  #records: readonly Uint8Array[];
  #record: number;
  #untilRecord: number;

  constructor(options: CarouselOptions) {
    const { object, serverIndex, channelIndex, symbolCount, records } = options;
    this.#options = options;
    this.#header = { ...object, type: DatagramType.symbol, serverIndex, channelIndex };
    this.#records = records;
    this.#recordInterval = recordInterval(symbolCount, records.length);
    this.#untilRecord = this.#recordInterval;
    // Channels begin their records at different places too, so that a receiver of several has all of them sooner.
    this.#record = records.length === 0 ? 0 : (channelIndex * 5 + serverIndex * 3) % records.length;
    // A record that is signed anew may be some bytes longer, and never longer than a whole piece.
    const pieceBytes = records.length === 0 ? 0 : HEADER_BYTES + FRAGMENT_BYTES;
    this.maxDatagramBytes = Math.max(HEADER_BYTES + object.symbolBytes, pieceBytes, ...records.map((r) => r.length));
  }

  /** Sends these records between the symbols from now on; at least one, and none longer than `maxDatagramBytes`. */
  renew(records: readonly Uint8Array[]): void {
    this.#records = records;
    this.#record %= records.length;
  }

  prepare(slab: Slab): void {
    for (slab.clear(); !slab.isFull; ) {
      if (this.#untilRecord === 0) this.#putRecord(slab);
      else this.#putSymbol(slab);
    }
  }

  #putSymbol(slab: Slab): void {
    const { order } = this.#options;
    const { block, esi } = order;
    this.#header.block = block;
    this.#header.esi = esi;
    writeHeader(this.#header, slab.bytes, slab.add(HEADER_BYTES + order.length));
    slab.wantSymbol(block, esi);
    order.advance();
    this.#untilRecord--;
  }

  #putRecord(slab: Slab): void {
    const { serverIndex, channelIndex } = this.#options;
    const record = this.#records[this.#record]!;
    const start = slab.add(record.length);
    slab.bytes.set(record, start);
    addressDatagram(serverIndex, channelIndex, slab.bytes, start);
    this.#record = (this.#record + 1) % this.#records.length;
    this.#untilRecord = this.#recordInterval;
  }
}

/** Symbols between two accompanying datagrams of a carousel that has `recordCount` of them; infinite without any. */
export function recordInterval(symbolCount: number, recordCount: number): number {
  if (recordCount === 0) return Number.POSITIVE_INFINITY;
  const interval = Math.floor(symbolCount / (RECORDS_PER_PASS * recordCount));
  return Math.min(MAX_RECORD_INTERVAL, Math.max(MIN_RECORD_INTERVAL, interval));
}
