import { HEADER_BYTES } from '../../base/limits.js';
import { FRAGMENT_BYTES } from '../../wire/fragments.js';
import { addressDatagram, DatagramType, type Header, writeHeader } from '../../wire/header.js';
import { RUN_DATAGRAMS, runRecordBytes } from '../../wire/runs.js';
import type { DatagramSource, Slab } from '../slab.js';
import type { SymbolOrder } from './symbol-order.js';

/** How often a channel sends each accompanying datagram while it sends the object once. */
const RECORDS_PER_PASS = 16;
/** Fewest symbols between two accompanying datagrams, which then take 3 % of a channel. */
const MIN_RECORD_INTERVAL = 32;
/** Most symbols between two accompanying datagrams, so that a receiver of a huge object does not wait long for its first. */
const MAX_RECORD_INTERVAL = 1024;

export interface CarouselOptions {
  readonly order: SymbolOrder;
  /** Header fields that all datagrams of the object share: tag, sizes, FEC Encoding ID. */
  readonly object: Readonly<Header>;
  readonly serverIndex: number;
  readonly channelIndex: number;
  /** Number of source symbols of the object. */
  readonly symbolCount: number;
  /** Accompanying datagrams: descriptor pieces and digest runs, from `recordDatagrams` and `digestDatagram`. */
  readonly records: readonly Uint8Array[];
  /** When the channel began to count, in seconds since 1970, if its runs are signed; undefined if not. */
  readonly signedFromS?: number | undefined;
}

/**
 * Makes a channel's datagrams without end: symbols in a given order, with accompanying datagrams between them at intervals. If runs are
 * signed, every 64th datagram is a run record, which gets its payload when it leaves.
 */
export class Carousel implements DatagramSource {
  readonly maxDatagramBytes: number;
  readonly ratedDatagramBytes: number;
  readonly #options: CarouselOptions;
  readonly #header: Header;
  readonly #recordInterval: number;
  #records: readonly Uint8Array[];
  #record: number;
  #untilRecord: number;
  /** Datagrams until the next run record, and how many it will cover. */
  #untilRun: number;
  #runCount = RUN_DATAGRAMS - 1;

  constructor(options: CarouselOptions) {
    const { object, serverIndex, channelIndex, symbolCount, records, signedFromS } = options;
    this.#options = options;
    this.#header = { ...object, type: DatagramType.symbol, serverIndex, channelIndex };
    this.#records = records;
    this.#recordInterval = recordInterval(symbolCount, records.length);
    this.#untilRecord = this.#recordInterval;
    // Channels begin with different records, so that a receiver of several channels has all records sooner.
    this.#record = records.length === 0 ? 0 : (channelIndex * 5 + serverIndex * 3) % records.length;
    // A record that is signed again may be some bytes longer, but no datagram of it is longer than a full piece.
    const pieceBytes = records.length === 0 ? 0 : HEADER_BYTES + FRAGMENT_BYTES;
    const runBytes = signedFromS === undefined ? 0 : runRecordBytes(RUN_DATAGRAMS);
    this.#untilRun = signedFromS === undefined ? Number.POSITIVE_INFINITY : this.#runCount;
    const longest = Math.max(pieceBytes, runBytes, ...records.map((record) => record.length));
    this.ratedDatagramBytes = HEADER_BYTES + object.symbolBytes;
    this.maxDatagramBytes = Math.max(this.ratedDatagramBytes, longest);
  }

  /** Sends these records between the symbols from now on. @param records at least one, none longer than `maxDatagramBytes` */
  renew(records: readonly Uint8Array[]): void {
    this.#records = records;
    this.#record %= records.length;
  }

  prepare(slab: Slab): void {
    for (slab.clear(); !slab.isFull; ) {
      if (this.#untilRun === 0) {
        this.#putRun(slab);
        continue;
      }
      this.#untilRun--;
      if (this.#untilRecord === 0) this.#putRecord(slab);
      else this.#putSymbol(slab);
    }
  }

  #putSymbol(slab: Slab): void {
    const { object, order } = this.#options;
    const { block, esi } = order;
    this.#header.block = block;
    this.#header.esi = esi;
    writeHeader(this.#header, slab.bytes, slab.add(HEADER_BYTES + order.length));
    slab.wantSymbol(block, esi, HEADER_BYTES + object.symbolBytes);
    order.advance();
    this.#untilRecord--;
  }

  #putRun(slab: Slab): void {
    const count = this.#runCount;
    const header = { ...this.#header, type: DatagramType.run, block: this.#options.signedFromS ?? 0, esi: count };
    writeHeader(header, slab.bytes, slab.add(runRecordBytes(count)));
    // The next run begins with this record.
    this.#runCount = RUN_DATAGRAMS;
    this.#untilRun = RUN_DATAGRAMS - 1;
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

/** Number of symbols between two accompanying datagrams of a carousel that has `recordCount` of them; infinite if it has none. */
export function recordInterval(symbolCount: number, recordCount: number): number {
  if (recordCount === 0) return Number.POSITIVE_INFINITY;
  const interval = Math.floor(symbolCount / (RECORDS_PER_PASS * recordCount));
  return Math.min(MAX_RECORD_INTERVAL, Math.max(MIN_RECORD_INTERVAL, interval));
}
