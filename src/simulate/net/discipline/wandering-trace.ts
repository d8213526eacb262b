import type { Prng } from '../../random/prng.js';
import { CapacityTrace, OPPORTUNITY_BYTES } from './capacity-trace.js';

/** A radio link of which a trace is made up. */
export interface WanderingOptions {
  /** Of the whole trace, outages included. */
  readonly meanBitsPerSecond: number;
  readonly seconds: number;
  /** Mean time from the end of an outage to the next one; infinite for none. */
  readonly outageEveryS: number;
  /** Mean length of an outage, in which nothing leaves. */
  readonly outageS: number;
}

/**
 * The logarithm of the rate is a random walk that is drawn back to its mean (Ornstein and Uhlenbeck 1930), with this standard
 * deviation and this memory. In three recordings of cellular downlinks by Winstein, Sivaraman and Balakrishnan (2013) the logarithm of
 * the rate deviates by 0.9 to 1.3 in bins of 250 ms, and from one second to the next the rate changes by a factor of 1.5 in half of the
 * cases and by 4 to 5 in a tenth. These values give 1.8 and 4.3; the rate changes tenfold within a second about once in 100 seconds.
 */
const DEVIATION = 1;
const MEMORY_S = 2;
const STEP_MS = 20;

/**
 * A trace made up from random numbers, of the kind that cellular links show: the rate wanders by a factor of ten within seconds, and
 * falls to nothing for some time now and then.
 */
export function wanderingTrace(options: WanderingOptions, prng: Prng): CapacityTrace {
  const rates = wanderingRates(options, prng);
  const total = rates.reduce((sum, rate) => sum + rate, 0);
  const opportunityCount = (options.meanBitsPerSecond * options.seconds) / (8 * OPPORTUNITY_BYTES);
  const timesMs: number[] = [];
  let due = prng.ratio();
  for (const [step, rate] of rates.entries()) {
    const perMs = total === 0 ? 0 : (rate / total) * (opportunityCount / STEP_MS);
    for (let ms = 0; ms < STEP_MS; ms++) {
      for (due += perMs; due >= 1; due--) timesMs.push(step * STEP_MS + ms);
    }
  }
  // The last time is the length.
  return new CapacityTrace(Uint32Array.from([...timesMs, Math.round(options.seconds * 1000)]));
}

/** Rates in steps of 20 ms, as multiples of the same unknown rate. */
function wanderingRates({ seconds, outageEveryS, outageS }: WanderingOptions, prng: Prng): readonly number[] {
  const kept = Math.exp(-STEP_MS / 1000 / MEMORY_S);
  const added = DEVIATION * Math.sqrt(1 - kept * kept);
  const rates: number[] = [];
  let logarithm = DEVIATION * gaussian(prng);
  let isOut = false;
  let untilS = exponential(outageEveryS, prng);
  for (let step = 0; step < (seconds * 1000) / STEP_MS; step++) {
    while ((step * STEP_MS) / 1000 >= untilS) {
      isOut = !isOut;
      untilS += exponential(isOut ? outageS : outageEveryS, prng);
    }
    logarithm = logarithm * kept + added * gaussian(prng);
    rates.push(isOut ? 0 : Math.exp(logarithm));
  }
  return rates;
}

/** Box and Muller 1958. */
function gaussian(prng: Prng): number {
  return Math.sqrt(-2 * Math.log(1 - prng.ratio())) * Math.cos(2 * Math.PI * prng.ratio());
}

function exponential(mean: number, prng: Prng): number {
  return -mean * Math.log(1 - prng.ratio());
}
