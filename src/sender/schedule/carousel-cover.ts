/** A carousel without a code: where in the object it starts, 0–1, and how fast it goes, in any unit. */
export interface CarouselStream {
  readonly startRatio: number;
  readonly rate: number;
}

/** Receivers come when they like: the mean is taken over so many moments, fewer where streams are many. */
const MAX_MOMENTS = 24;
const MIN_MOMENTS = 4;
const MOMENTS_BY_STREAMS = 512;
/** Moments are apart by this many rounds of the slowest stream: an irrational number, so that they see all there is. */
const MOMENT_ROUNDS = (Math.sqrt(5) + 1) / 2;
/**
 * When so many symbols are expected to be missing, half the receivers or so are done. The last of many is Gumbel-distributed,
 * and exp(−γ) is where its mean lies.
 */
const MISSING_AT_MEAN = Math.exp(-0.5772156649);
/** Halvings of the time to the end: to 1 in 30,000. */
const HALVINGS = 15;

/**
 * What a receiver hears in vain of plain carousels that all began at their starts at one moment, as a share of the object.
 * Every symbol is heard as often as streams passed by, and missing with p to the power of that; looked at for as many
 * moments of arrival as above. Our own; simulation agrees within 10 % (test/sender/schedule/level-plan.test.ts).
 */
export function carouselOverhead(streams: readonly CarouselStream[], symbolCount: number, lossRatio: number): number {
  const rate = streams.reduce((sum, stream) => sum + stream.rate, 0);
  const slowest = Math.min(...streams.map((stream) => stream.rate));
  const momentCount = Math.max(MIN_MOMENTS, Math.min(MAX_MOMENTS, Math.floor(MOMENTS_BY_STREAMS / streams.length)));
  let passes = 0;
  for (let moment = 1; moment <= momentCount; moment++) {
    const rounds = (moment * MOMENT_ROUNDS) / slowest;
    const here = streams.map((stream) => ({ ...stream, startRatio: (stream.startRatio + stream.rate * rounds) % 1 }));
    passes += rate * coverTime(here, symbolCount, lossRatio);
  }
  return Math.max(0, (passes / momentCount) * (1 - lossRatio) - 1);
}

/** Time until all of the object was heard, in the unit in which a stream of rate 1 goes round once. */
function coverTime(streams: readonly CarouselStream[], symbolCount: number, lossRatio: number): number {
  let [low, high] = [0, 1 / streams.reduce((sum, { rate }) => sum + rate, 0)];
  while (missingAfter(high, streams, symbolCount, lossRatio) > MISSING_AT_MEAN) [low, high] = [high, high * 2];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (missingAfter(middle, streams, symbolCount, lossRatio) > MISSING_AT_MEAN) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Expected number of missing symbols. Every stream has gone round some whole times, and once more from its start to where it
 * is; between two such places all symbols were heard as often.
 */
function missingAfter(time: number, streams: readonly CarouselStream[], count: number, lossRatio: number): number {
  const places: { readonly at: number; readonly change: 1 | -1 }[] = [];
  let visits = 0;
  for (const { startRatio, rate } of streams) {
    const rounds = rate * time;
    const end = startRatio + (rounds % 1);
    visits += Math.floor(rounds) + (end > 1 ? 1 : 0);
    places.push({ at: startRatio, change: 1 }, { at: end > 1 ? end - 1 : end, change: -1 });
  }
  places.sort((a, b) => a.at - b.at);
  let [missing, before] = [0, 0];
  for (const { at, change } of places) {
    missing += (at - before) * lossRatio ** visits;
    visits += change;
    before = at;
  }
  return (missing + (1 - before) * lossRatio ** visits) * count;
}
