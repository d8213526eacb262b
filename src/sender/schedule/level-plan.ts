import { type Geometry, symbolLength } from '../../object/geometry.js';
import { type CarouselStream, carouselOverhead } from './carousel-cover.js';
import { type Arc, RUN_SYMBOLS } from './ring.js';

/** One channel of one server, as a receiver of some level hears it. */
export interface HeardStream extends CarouselStream {
  /** ESIs it goes through; undefined for an object without a code. */
  readonly arc: Arc | undefined;
}

/** What a receiver of a level may expect. */
export interface LevelForecast {
  /** For each loss ratio that was asked for: symbols received ÷ symbols of the object − 1, when it is done. */
  readonly overheads: readonly number[];
  /**
   * Up to this loss ratio every symbol that arrives is a new one: no channel is through its arc before the receiver is done.
   * Beyond it channels repeat themselves, and the object still arrives. Undefined without a code, where they always do.
   */
  readonly maxLossRatio: number | undefined;
}

/** Forecasts for a receiver that joins all of `streams` at some moment and stays. Works for empty objects too. */
export function forecastLevel(
  geometry: Geometry,
  streams: readonly HeardStream[],
  lossRatios: readonly number[],
): LevelForecast {
  if (geometry.symbolCount === 0) return { overheads: lossRatios.map(() => 0), maxLossRatio: undefined };
  const isCoded = streams.every(({ arc }) => arc !== undefined);
  if (!isCoded) {
    const overheads = lossRatios.map((lossRatio) => carouselOverhead(streams, geometry.symbolCount, lossRatio));
    return { overheads, maxLossRatio: undefined };
  }
  const overheads = lossRatios.map((lossRatio) => codedOverhead(geometry, streams.length, lossRatio));
  return { overheads, maxLossRatio: maxLossRatioOf(geometry, streams, codedOverhead(geometry, streams.length, 0.5)) };
}

/**
 * Of B blocks, all of k symbols and served in turn, the unluckiest decides. When each should have k symbols, its losses make
 * their number vary by k·p, and every stream by what it has of a round over the blocks when the receiver comes and goes: a
 * run more or none, r²·f·(1 − f) for a share f of the round, r²/6 in the mean. RaptorQ itself wants 1/255 of a symbol more
 * (RFC 6330: 256^-(h+1) fail with h too many). Simulation agrees within 0.2 % (test/sender/schedule/level-plan.test.ts).
 */
function codedOverhead(geometry: Geometry, streamCount: number, lossRatio: number): number {
  const { blockCount, longBlockSymbolCount } = geometry;
  const variance = longBlockSymbolCount * lossRatio + (streamCount * RUN_SYMBOLS ** 2) / 6;
  return (largestNormal(blockCount) * Math.sqrt(variance) + 1 / 255) / longBlockSymbolCount;
}

/** What the receiver needs of the stream that it gets the largest part of, compared with that stream's arc. */
function maxLossRatioOf(geometry: Geometry, streams: readonly HeardStream[], overhead: number): number {
  const rate = streams.reduce((sum, stream) => sum + stream.rate, 0);
  const needed = geometry.longBlockSymbolCount * (1 + overhead);
  return Math.max(0, 1 - Math.max(...streams.map((s) => (needed * s.rate) / rate / s.arc!.symbolCount)));
}

/** Largest of `count` normal deviates, in the mean (Blom, Statistical Estimates and Transformed Beta-Variables, 1958). */
function largestNormal(count: number): number {
  const tail = 1 - (count - 0.375) / (count + 0.25);
  const t = Math.sqrt(-2 * Math.log(tail));
  // Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23: to 4.5e-4, for tails up to one half.
  const below = 2.515517 + 0.802853 * t + 0.010328 * t ** 2;
  return Math.max(0, t - below / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3));
}

/** Seconds in which a receiver is done that gets `payloadBitsPerSecond` less its losses. */
export function completionSeconds(
  geometry: Geometry,
  payloadBitsPerSecond: number,
  lossRatio: number,
  overhead: number,
): number {
  if (geometry.symbolCount === 0) return 0;
  const lastMissing = geometry.symbolBytes - symbolLength(geometry, geometry.symbolCount - 1);
  const bytes = (geometry.sizeBytes + lastMissing) * (1 + overhead);
  return (bytes * 8) / (payloadBitsPerSecond * (1 - lossRatio));
}
