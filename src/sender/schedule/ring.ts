import { MAX_ESI } from '../../base/limits.js';
import { cumulativeRates } from '../../rate/ladder/ladder.js';

/**
 * Symbols of one block that a channel sends before it continues with the next block. A receiver that joins or leaves in the middle
 * of a round over the blocks gets up to a run more of some blocks than of others, for each channel and each join or leave. Runs of 16
 * cost a receiver of 4 servers 1.2 %, and a receiver of 1 GB that moves between levels 2.8 %; runs of 4 cost them 0.3 % and 0.8 %
 * (`npm run bench -- schedule`). The next run of a block begins where this run ends, so the page cache still joins runs into long
 * writes: with 1 GB in 52 blocks, 19 kB for each megabyte that is received.
 */
export const RUN_SYMBOLS = 4;
/**
 * A channel repeats a symbol only after it has sent this many times what any receiver needs of the channel. A receiver that is
 * interrupted and resumes, or that moves between levels, then seldom gets a symbol twice: with eight passes, a receiver that pauses
 * for half an hour half-way gets 3 % twice on average. A higher number would cost nothing on the wire, but would use up ESIs.
 */
const ARC_PASSES = 8;

/** The ESIs that one channel of one server sends, of every block. */
export interface Arc {
  readonly firstEsi: number;
  /** A multiple of `RUN_SYMBOLS`. */
  readonly symbolCount: number;
  /**
   * Length of a stretch (stretches.ts), a multiple of `RUN_SYMBOLS`, if every second stretch is the source symbols. Undefined for a
   * channel that sends its arc in order.
   */
  readonly stretchSymbolCount?: number | undefined;
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
 * Divides the ESIs of every block among servers and channels, so that no two of them ever send the same symbol: the ring of coded
 * symbols, cut into arcs. It needs nothing but what all servers know.
 *
 * From channel c of a layered ladder, a receiver gets at most the share rate(c) ÷ (rate(0) + … + rate(c)) of its symbols: this is
 * its share at level c + 1, and higher levels make it smaller. So this share of a block is all that a receiver needs of the channel.
 * A channel of a replicated ladder has to provide whole objects by itself, so its share is 1.
 *
 * The first channel of the first server has the source symbols. It sends them in every second stretch, because its receivers are complete
 * before it sends them again: a receiver of a layered ladder never leaves it, and one that moves between channels of a replicated ladder
 * gets no less on the others, if the first is the slowest.
 *
 * @returns arcs by server index and channel index.
 */
export function planRing(options: RingOptions): readonly (readonly Arc[])[] {
  const { blockSymbolCount, serverCount } = options;
  const shares = sharesOf(options);
  const wanted = shares.map((share) => runsFor(blockSymbolCount * share * ARC_PASSES));
  const available = Math.floor((MAX_ESI + 1) / RUN_SYMBOLS / serverCount);
  const wantedCount = wanted.reduce((sum, runs) => sum + runs, 0);
  // Each channel gets one run, however slow it is. The rest is divided in proportion.
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
  const first = arcs[0]![0]!;
  const stretchSymbolCount = stretchOf(options, first);
  if (stretchSymbolCount !== undefined) arcs[0]![0] = { ...first, stretchSymbolCount };
  return arcs;
}

/**
 * Undefined for a replicated ladder whose first channel is not the slowest, and for an arc that is too short for a stretch of repair
 * symbols beside that of the source symbols.
 */
function stretchOf({ blockSymbolCount, mode, rates }: RingOptions, { symbolCount }: Arc): number | undefined {
  if (mode === 'best' && rates[0]! > Math.min(...rates)) return undefined;
  const stretchSymbolCount = runsFor(blockSymbolCount) * RUN_SYMBOLS;
  return symbolCount < 2 * stretchSymbolCount ? undefined : stretchSymbolCount;
}

/** For each channel, the largest share of a receiver's symbols that can come from it. */
function sharesOf({ mode, rates }: RingOptions): readonly number[] {
  if (mode === 'best') return rates.map(() => 1);
  const sums = cumulativeRates(rates);
  return rates.map((rate, channel) => rate / sums[channel]!);
}

function runsFor(symbolCount: number): number {
  return Math.max(1, Math.ceil(symbolCount / RUN_SYMBOLS));
}
