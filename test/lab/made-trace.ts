import { Prng } from '../../dist/simulate/random/prng.js';

/** Time over which a rate stays the same. */
const stepMs = 20;
/**
 * How far the logarithm (base 10) of the rate moves in a step, and how fast it returns: by 0.28 in a second and 0.37 over minutes, as standard
 * deviations. The LTE trace of Winstein, Sivaraman, Balakrishnan (2013) has 0.33 and 0.41 in its first two minutes.
 */
const [wander, pull] = [0.04, 0.006];
/** Outages: one in half a minute on average, of 1 to 5 s. */
const outagesPerStep = stepMs / 30_000;
const outageMs = { least: 1000, most: 5000 };
const opportunityBits = 1500 * 8;

/**
 * Makes up the capacity of a cellular link, as a trace that a relay and a scenario can read: milliseconds at which 1500 bytes can leave.
 * The logarithm of the rate wanders and is pulled back to its mean, packets leave at random times at that rate (a Cox process, as
 * the same authors model such links), and for seconds nothing leaves.
 *
 * @param meanBitsPerSecond over the whole trace
 */
export function madeTrace(given: { seed: number; meanBitsPerSecond: number; seconds: number }): readonly number[] {
  const { seed, meanBitsPerSecond, seconds } = given;
  const prng = new Prng(seed);
  const rates = wanderingRates(prng, Math.ceil((seconds * 1000) / stepMs));
  const sum = rates.reduce((total, rate) => total + rate, 0);
  const wantedCount = (meanBitsPerSecond * seconds) / opportunityBits;
  const times: number[] = [];
  let owed = interval(prng);
  for (const [step, rate] of rates.entries()) {
    const count = (rate / sum) * wantedCount;
    let used = 0;
    for (; used + owed <= count; owed = interval(prng)) {
      used += owed;
      times.push(Math.floor(stepMs * (step + used / count)));
    }
    owed -= count - used;
  }
  return [...times, seconds * 1000];
}

/** Rates of the steps, on a scale of their own. */
function wanderingRates(prng: Prng, count: number): readonly number[] {
  const rates: number[] = [];
  let logarithm = 0;
  let silentSteps = 0;
  for (let step = 0; step < count; step++) {
    logarithm += wander * normal(prng) - pull * logarithm;
    if (prng.happens(outagesPerStep)) {
      silentSteps = (outageMs.least + prng.ratio() * (outageMs.most - outageMs.least)) / stepMs;
    }
    rates.push(silentSteps > 0 ? 0 : 10 ** logarithm);
    silentSteps--;
  }
  return rates;
}

/** What passes between two packets that leave at random, on average 1. */
function interval(prng: Prng): number {
  return -Math.log(1 - prng.ratio());
}

/** A random number with mean 0 and standard deviation 1, nearly normal: the sum of three uniform ones. */
function normal(prng: Prng): number {
  return 2 * (prng.ratio() + prng.ratio() + prng.ratio() - 1.5);
}
