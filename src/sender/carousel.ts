import { blockOf, firstSymbolOf, type Geometry, symbolLength } from '../object/geometry.js';
import { addressDatagram, DatagramType, HEADER_BYTES, type Header, writeHeader } from '../wire/header.js';
import type { DatagramSource, Slab } from './slab.js';

/** A receiver on one channel should meet each accompanying datagram this often while it hears the object once. */
const RECORDS_PER_PASS = 16;
/** Accompanying datagrams never take more than one datagram in this many: 3 % of a channel. */
const MIN_RECORD_INTERVAL = 32;
/** Nor come more seldom than this, so that a receiver of a huge object need not wait long for its first. */
const MAX_RECORD_INTERVAL = 1024;

export interface CarouselOptions {
  readonly geometry: Geometry;
  /** Header fields that all datagrams of the object share: tag, sizes, FEC Encoding ID. */
  readonly object: Readonly<Header>;
  readonly serverIndex: number;
  readonly channelIndex: number;
  /** Where the loop begins, as a share of the object, 0–1. */
  readonly startRatio: number;
  /** Descriptor pieces and digest runs that ride along, from `recordDatagrams` and `digestDatagram`. */
  readonly records: readonly Uint8Array[];
}

/**
 * A channel's endless loop over an object without a code: all symbols in order from the start offset, round and round, with
 * a descriptor piece or a digest run between them now and then.
 */
export class Carousel implements DatagramSource {
  readonly maxDatagramBytes: number;
  readonly #options: CarouselOptions;
  readonly #header: Header;
  readonly #recordInterval: number;
  #symbol: number;
  #record: number;
  #untilRecord: number;

  constructor(options: CarouselOptions) {
    const { geometry, object, serverIndex, channelIndex, startRatio, records } = options;
    this.#options = options;
    this.#header = { ...object, type: DatagramType.symbol, serverIndex, channelIndex };
    this.#recordInterval = recordInterval(geometry.symbolCount, records.length);
    this.#untilRecord = this.#recordInterval;
    // Channels begin their records at different places too, so that a receiver of several has all of them sooner.
    this.#record = records.length === 0 ? 0 : (channelIndex * 5 + serverIndex * 3) % records.length;
    this.#symbol = Math.min(geometry.symbolCount - 1, Math.floor((startRatio % 1) * geometry.symbolCount));
    this.maxDatagramBytes =
      HEADER_BYTES + Math.max(geometry.symbolBytes, ...records.map((record) => record.length - HEADER_BYTES));
  }

  prepare(slab: Slab): void {
    for (slab.clear(); slab.count < slab.capacity; slab.count++) {
      if (this.#untilRecord === 0) this.#putRecord(slab);
      else this.#putSymbol(slab);
    }
  }

  #putSymbol(slab: Slab): void {
    const { geometry } = this.#options;
    const symbol = this.#symbol;
    const block = blockOf(geometry, symbol);
    this.#header.block = block;
    this.#header.esi = symbol - firstSymbolOf(geometry, block);
    writeHeader(this.#header, slab.bytes, slab.count * slab.strideBytes);
    slab.lengths[slab.count] = HEADER_BYTES + symbolLength(geometry, symbol);
    slab.wantSymbol(symbol, slab.count);
    this.#symbol = symbol + 1 === geometry.symbolCount ? 0 : symbol + 1;
    this.#untilRecord--;
  }

  #putRecord(slab: Slab): void {
    const { records, serverIndex, channelIndex } = this.#options;
    const record = records[this.#record]!;
    const at = slab.count * slab.strideBytes;
    slab.bytes.set(record, at);
    addressDatagram(serverIndex, channelIndex, slab.bytes, at);
    slab.lengths[slab.count] = record.length;
    this.#record = (this.#record + 1) % records.length;
    this.#untilRecord = this.#recordInterval;
  }
}

/** Symbols between two accompanying datagrams. */
function recordInterval(symbolCount: number, recordCount: number): number {
  if (recordCount === 0) return Number.POSITIVE_INFINITY;
  const interval = Math.floor(symbolCount / (RECORDS_PER_PASS * recordCount));
  return Math.min(MAX_RECORD_INTERVAL, Math.max(MIN_RECORD_INTERVAL, interval));
}
