import { MAX_ESI } from '../../base/limits.js';
import { cumulativeRates } from '../../rate/ladder.js';

/**
 * Symbols of one block that a channel sends before it goes on with the next block. Whoever joins or leaves in the middle of a
 * round over the blocks has up to a run more of some than of others, for each channel and each time: runs of 16 cost a
 * receiver of 4 servers 1.2 % and one that moves between levels of 1 GB 2.8 %, runs of 4 cost them 0.3 % and 0.8 % (`npm run
 * bench -- schedule`). The next run of a block follows where this one ends, so a page cache still makes long writes of them:
 * of 1 GB in 52 blocks, 19 kB for each megabyte that is received.
 */
export const RUN_SYMBOLS = 4;
/**
 * A channel repeats itself only when it has sent this many times what any receiver needs of it. Whoever is interrupted and
 * comes back, or moves between levels, then seldom meets a symbol again: with eight, a receiver that lost half an hour
 * half-way repeats 3 % on the average. More would cost nothing on the wire, but ESIs.
 */
const ARC_PASSES = 8;

/** The ESIs that one channel of one server sends, of every block. */
export interface Arc {
  readonly firstEsi: number;
  /** A multiple of `RUN_SYMBOLS`. */
  readonly symbolCount: number;
}

export interface RingOptions {
  /** Symbols of the longest block. */
  readonly blockSymbolCount: number;
  readonly mode: 'several' | 'best';
  /** Rates of the channels in bit/s, in the order of the ladder. */
  readonly rates: readonly number[];
  readonly serverCount: number;
}

/**
 * Shares the ESIs of every block out among servers and channels, so that no two ever send the same symbol: the ring of coded
 * symbols, cut into arcs. Needs nothing but what all servers know.
 *
 * A receiver at level l gets at most the share rate(l) ÷ (rate(0) + … + rate(l)) of its symbols from channel l, whether it
 * stays there or goes higher; so that much of an arc is what it needs of the channel. A channel that is complete by itself
 * has to give everything.
 *
 * @returns arcs by server index and channel index.
 */
export function planRing(options: RingOptions): readonly (readonly Arc[])[] {
  const { blockSymbolCount, serverCount } = options;
  const shares = sharesOf(options);
  const wanted = shares.map((share) => runsFor(blockSymbolCount * share * ARC_PASSES));
  const available = Math.floor((MAX_ESI + 1) / RUN_SYMBOLS / serverCount);
  const wantedCount = wanted.reduce((sum, runs) => sum + runs, 0);
  // One run for each channel however slow, and what is left in proportion.
  const channelCount = wanted.length;
  const scale = wantedCount <= available ? 1 : (available - channelCount) / (wantedCount - channelCount);
  const arcs: Arc[][] = [];
  let firstEsi = 0;
  for (let server = 0; server < serverCount; server++) {
    arcs.push(
      wanted.map((runs) => {
        const arc = { firstEsi, symbolCount: (1 + Math.floor((runs - 1) * scale)) * RUN_SYMBOLS };
        firstEsi += arc.symbolCount;
        return arc;
      }),
    );
  }
  return arcs;
}

/** The largest share of a receiver's symbols that can come from each channel. */
function sharesOf({ mode, rates }: RingOptions): readonly number[] {
  if (mode === 'best') return rates.map(() => 1);
  const sums = cumulativeRates(rates);
  return rates.map((rate, channel) => rate / sums[channel]!);
}

function runsFor(symbolCount: number): number {
  return Math.max(1, Math.ceil(symbolCount / RUN_SYMBOLS));
}
