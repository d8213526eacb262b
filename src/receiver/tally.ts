import type { Hearing } from './hearing.js';

/** Counts of datagrams that arrived and of datagrams that were lost. */
export interface DatagramCounts {
  readonly datagrams: number;
  readonly lostDatagrams: number;
}

/** What a reception counts of symbols. */
export interface SymbolCounts {
  readonly payloadBytes: number;
  readonly duplicateBytes: number;
  readonly droppedCount: number;
  readonly rejectedBlockCount: number;
}

const NO_SYMBOLS: SymbolCounts = { payloadBytes: 0, duplicateBytes: 0, droppedCount: 0, rejectedBlockCount: 0 };

/** Counts of a whole run, over all versions that it received and all ways in which these versions were sent. */
export class Tally {
  #symbols = NO_SYMBOLS;
  /** By server name. Bounded by what the descriptors of one run name: at most 255 servers and 32 channels each. */
  readonly #servers = new Map<string, DatagramCounts>();
  readonly #channels = new Map<number, DatagramCounts>();

  get symbols(): SymbolCounts {
    return this.#symbols;
  }

  get servers(): ReadonlyMap<string, DatagramCounts> {
    return this.#servers;
  }

  get channels(): ReadonlyMap<number, DatagramCounts> {
    return this.#channels;
  }

  /** A copy of this tally plus the counts of a reception that is still going on. */
  with(symbols: SymbolCounts, hearings: Iterable<Hearing>, nameOf: (serverIndex: number) => string): Tally {
    const sum = new Tally();
    for (const [server, counts] of this.#servers) sum.#servers.set(server, counts);
    for (const [channel, counts] of this.#channels) sum.#channels.set(channel, counts);
    sum.#symbols = this.#symbols;
    sum.addSymbols(symbols);
    sum.addHearings(hearings, nameOf);
    return sum;
  }

  addSymbols(symbols: SymbolCounts): void {
    const before = this.#symbols;
    this.#symbols = {
      payloadBytes: before.payloadBytes + symbols.payloadBytes,
      duplicateBytes: before.duplicateBytes + symbols.duplicateBytes,
      droppedCount: before.droppedCount + symbols.droppedCount,
      rejectedBlockCount: before.rejectedBlockCount + symbols.rejectedBlockCount,
    };
  }

  addHearings(hearings: Iterable<Hearing>, nameOf: (serverIndex: number) => string): void {
    for (const { serverIndex, channelIndex, receivedCount, lostCount } of hearings) {
      const counts = { datagrams: receivedCount, lostDatagrams: lostCount };
      const server = nameOf(serverIndex);
      this.#servers.set(server, plus(this.#servers.get(server), counts));
      this.#channels.set(channelIndex, plus(this.#channels.get(channelIndex), counts));
    }
  }
}

export function plus(before: DatagramCounts | undefined, counts: DatagramCounts): DatagramCounts {
  return {
    datagrams: (before?.datagrams ?? 0) + counts.datagrams,
    lostDatagrams: (before?.lostDatagrams ?? 0) + counts.lostDatagrams,
  };
}
