import { type Geometry, symbolLength } from '../../object/geometry.js';
import { type CarouselStream, carouselOverhead } from './carousel-cover.js';
import { type Arc, RUN_SYMBOLS } from './ring.js';
import { freshSymbolCount } from './stretches.js';

/** One channel of one server that a receiver has joined. */
export interface HeardStream extends CarouselStream {
  /** The ESIs that the channel sends; undefined for an object without a code. */
  readonly arc: Arc | undefined;
}

/** The forecast for a receiver of a level. */
export interface LevelForecast {
  /** For each requested loss ratio: symbols received ÷ symbols of the object − 1, at completion. */
  readonly overheads: readonly number[];
  /**
   * Up to this loss ratio, a receiver gets no symbol twice: no channel sends a symbol again before the receiver is done. At
   * higher loss, channels repeat symbols, and the object still arrives. Undefined without a code, where channels always repeat.
   */
  readonly maxLossRatio: number | undefined;
}

/** Makes the forecast for a receiver that joins all of `streams` at one moment and stays. Empty objects are allowed. */
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
 * The overhead with a code. There are B blocks of k symbols, sent in turn, and the unluckiest block decides. When each block should
 * have k symbols, losses make their number vary with a variance of k·p. Each stream adds to the variance, because the receiver begins
 * and ends in the middle of a round over the blocks: a block has a run of r symbols more or not, with a variance of r²·f·(1 − f) for
 * a share f of the round, r²/6 in the mean. RaptorQ itself needs 1/255 of a symbol more (RFC 6330: decoding with h extra symbols
 * fails with probability 256^-(h+1)). Simulation agrees within 0.2 % (test/sender/schedule/level-plan.test.ts).
 */
function codedOverhead(geometry: Geometry, streamCount: number, lossRatio: number): number {
  const { blockCount, longBlockSymbolCount } = geometry;
  const variance = longBlockSymbolCount * lossRatio + (streamCount * RUN_SYMBOLS ** 2) / 6;
  return (largestNormal(blockCount) * Math.sqrt(variance) + 1 / 255) / longBlockSymbolCount;
}

/** Highest loss ratio at which the receiver needs no more of any stream than it sends without a repetition. */
function maxLossRatioOf(geometry: Geometry, streams: readonly HeardStream[], overhead: number): number {
  const rate = streams.reduce((sum, stream) => sum + stream.rate, 0);
  const needed = geometry.longBlockSymbolCount * (1 + overhead);
  return Math.max(0, 1 - Math.max(...streams.map((s) => (needed * s.rate) / rate / freshSymbolCount(s.arc!))));
}

/** Mean of the largest of `count` normal deviates (Blom, Statistical Estimates and Transformed Beta-Variables, 1958). */
function largestNormal(count: number): number {
  const tail = 1 - (count - 0.375) / (count + 0.25);
  const t = Math.sqrt(-2 * Math.log(tail));
  // Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23: error below 4.5e-4, for tails of up to one half.
  const below = 2.515517 + 0.802853 * t + 0.010328 * t ** 2;
  return Math.max(0, t - below / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3));
}

/** Seconds that a receiver needs if `payloadBitsPerSecond` are sent to it and `lossRatio` of them is lost. */
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
