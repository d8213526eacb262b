import type { Geometry } from '../../dist/object/geometry.js';
import { rateOf } from '../../dist/rate/ladder/ladder.js';
import { recordInterval } from '../../dist/sender/schedule/carousel.js';
import { type Arc, planRing } from '../../dist/sender/schedule/ring.js';
import { ArcOrder, arcPosition, FileOrder, type SymbolOrder } from '../../dist/sender/schedule/symbol-order.js';

/** The factor by which src/fleet/start-offsets.ts spreads channels. */
const GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

/** An object as a fleet sends it: every server on every channel. */
export interface Transmission {
  readonly geometry: Geometry;
  readonly code: 'raptorq' | 'none';
  readonly mode: 'several' | 'best';
  /** Of each channel. */
  readonly intervalsUs: readonly number[];
  /** How far each server's clock is ahead. */
  readonly clockErrorsUs: readonly number[];
}

/** Tolerance for rounding: a datagram that is sent at exactly this moment still counts as to come. */
const ROUNDING = 1e-6;

/** One channel of one server, from some moment of wall-clock time on. */
export class Stream {
  readonly channelIndex: number;
  readonly intervalUs: number;
  /** When the next datagram is sent, if anyone listens; infinite otherwise. */
  nextUs = Number.POSITIVE_INFINITY;
  order: SymbolOrder;
  readonly #recordInterval: number;
  readonly #orderAfter: (symbolCount: number) => SymbolOrder;
  readonly #phaseUs: number;
  #untilRecord: number;

  /** @param phase 0–1, where between two datagrams the stream is at the beginning. */
  constructor(
    channelIndex: number,
    intervalUs: number,
    records: number,
    phase: number,
    orderAfter: (n: number) => SymbolOrder,
  ) {
    this.channelIndex = channelIndex;
    this.intervalUs = intervalUs;
    this.#recordInterval = records;
    this.#untilRecord = records;
    this.#phaseUs = phase * intervalUs;
    this.#orderAfter = orderAfter;
    this.order = orderAfter(0);
  }

  /** Someone listens from `elapsedUs` on: finds out where the channel is by then. */
  join(elapsedUs: number): void {
    const datagramCount = Math.max(0, Math.ceil((elapsedUs - this.#phaseUs) / this.intervalUs - ROUNDING));
    const round = this.#recordInterval + 1;
    const recordCount = round === Number.POSITIVE_INFINITY ? 0 : Math.floor(datagramCount / round);
    this.order = this.#orderAfter(datagramCount - recordCount);
    this.#untilRecord = this.#recordInterval - (round === Number.POSITIVE_INFINITY ? 0 : datagramCount % round);
    this.nextUs = this.#phaseUs + datagramCount * this.intervalUs;
  }

  leave(): void {
    this.nextUs = Number.POSITIVE_INFINITY;
  }

  /** On to the next datagram: whether the one that is sent now carries a symbol, `order` says which. */
  departs(): boolean {
    this.nextUs += this.intervalUs;
    if (this.#untilRecord === 0) {
      this.#untilRecord = this.#recordInterval;
      return false;
    }
    this.#untilRecord--;
    return true;
  }
}

/** The ESIs of a block that the fleet sends, and which channel of which server sends them. */
export function ringOf(transmission: Transmission): {
  readonly arcs: readonly (readonly Arc[])[];
  readonly esiCount: number;
} {
  const { geometry, mode, intervalsUs, clockErrorsUs } = transmission;
  const arcs = planRing({
    blockSymbolCount: geometry.longBlockSymbolCount,
    mode,
    rates: intervalsUs.map((intervalUs) => rateOf(intervalUs, geometry.symbolBytes)),
    serverCount: clockErrorsUs.length,
  });
  const { firstEsi, symbolCount } = arcs.at(-1)!.at(-1)!;
  return { arcs, esiCount: firstEsi + symbolCount };
}

/**
 * All channels of all servers at `wallUs`, with the planner's offsets. Carousels without a code began at different moments,
 * `serverStartsUs` earlier.
 */
export function streamsOf(
  transmission: Transmission,
  wallUs: number,
  serverAgesUs: readonly number[],
  random: () => number,
): Stream[] {
  const { geometry, code, intervalsUs, clockErrorsUs } = transmission;
  const { arcs } = ringOf(transmission);
  // One descriptor piece, and a datagram for each 16 digests of blocks.
  const recordCount = 1 + (geometry.blockCount > 1 ? Math.ceil(geometry.blockCount / 16) : 0);
  const records = recordInterval(geometry.symbolCount, recordCount);
  return clockErrorsUs.flatMap((clockErrorUs, server) =>
    intervalsUs.map((intervalUs, channel) => {
      const start = (((channel * GOLDEN_SECTION) % 1) + server) / clockErrorsUs.length;
      const arc = arcs[server]![channel]!;
      const sent = Math.floor((serverAgesUs[server]! / intervalUs) * (records / (records + 1) || 1));
      const first = Math.floor(start * geometry.symbolCount) + sent;
      const position = arcPosition(arc, geometry, start, intervalUs, wallUs + clockErrorUs);
      const orderAfter = (symbolCount: number) =>
        code === 'none'
          ? new FileOrder(geometry, first + symbolCount)
          : new ArcOrder(geometry, arc, position + symbolCount);
      return new Stream(channel, intervalUs, records, random(), orderAfter);
    }),
  );
}
