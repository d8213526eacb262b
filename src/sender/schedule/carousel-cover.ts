/** A carousel without a code: the share of the object at which it starts, 0–1, and its rate, in any unit. */
export interface CarouselStream {
  readonly startRatio: number;
  readonly rate: number;
}

/** Receivers arrive at any moment. The mean is taken over this many moments of arrival: fewer if there are many streams. */
const MAX_MOMENTS = 24;
const MIN_MOMENTS = 4;
const MOMENTS_BY_STREAMS = 512;
/** Rounds of the slowest stream between two moments. The number is irrational, so the moments never repeat. */
const MOMENT_ROUNDS = (Math.sqrt(5) + 1) / 2;
/**
 * Expected number of missing symbols at the mean time of completion. The arrival of the last of many symbols is Gumbel-distributed;
 * at its mean, exp(−γ) symbols are expected to be missing.
 */
const MISSING_AT_MEAN = Math.exp(-0.5772156649);
/** Number of halvings when the time of completion is searched: exact to 1 in 30,000. */
const HALVINGS = 15;

/**
 * The overhead of a receiver of carousels without a code, as a share of the object. All carousels began at one moment, each at its
 * own start. A symbol that n streams have sent is missing with probability p^n. The overhead is the mean over many moments of arrival
 * (see above). This method is our own; simulation agrees within 10 % (test/sender/schedule/level-plan.test.ts).
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

/** Time until a receiver has the whole object. In one unit of time, a stream of rate 1 sends the object once. */
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
 * Expected number of missing symbols. Every stream has sent the object some whole times, and then the part from its start to its
 * present position. Between two such positions, all symbols were sent equally often.
 */
function missingAfter(time: number, streams: readonly CarouselStream[], count: number, lossRatio: number): number {
  const edges: { readonly at: number; readonly change: 1 | -1 }[] = [];
  let visits = 0;
  for (const { startRatio, rate } of streams) {
    const rounds = rate * time;
    const end = startRatio + (rounds % 1);
    visits += Math.floor(rounds) + (end > 1 ? 1 : 0);
    edges.push({ at: startRatio, change: 1 }, { at: end > 1 ? end - 1 : end, change: -1 });
  }
  edges.sort((a, b) => a.at - b.at);
  let [missing, before] = [0, 0];
  for (const { at, change } of edges) {
    missing += (at - before) * lossRatio ** visits;
    visits += change;
    before = at;
  }
  return (missing + (1 - before) * lossRatio ** visits) * count;
}
