import { DECIDING_RULES } from './deciding/deciding-rules.js';
import { MEASURING_RULES } from './measuring/measuring-rules.js';

/** Parts of rate control that can be switched off, to see what they contribute. */
const SWITCHES = {
  /** Trains measure the capacity. */
  trains: true,
  /** Previews show whether the next level fits. */
  previews: true,
  /** Delay above its least value is a queue. */
  delay: true,
  /** Steps up wait for a slot that permits them. */
  permissions: true,
  /** A leave is waited for before anything else is decided. */
  deafPeriods: true,
  /** A queue that others fill is recognised. */
  contention: true,
  /** Failed levels are avoided for a while. */
  backOff: true,
  /** No capacity above a rate that failed is believed for a minute. */
  disbelief: true,
  /** A queue is left to another receiver that may have caused it. */
  retreats: true,
  /** Trains that pass at any rate are found out. */
  buckets: true,
  /** Losses without a queue are compared with those on the level below. */
  weather: true,
  /** Waiting for the turns of the link is no queue. */
  rhythm: true,
  /** Failures are not remembered while the capacity moves by itself. */
  breathing: true,
};

/** All constants and switches of rate control. */
export const RULES = { ...MEASURING_RULES, ...DECIDING_RULES, switches: SWITCHES };

export type Rules = DeepReadonly<typeof RULES>;

/** Rules with parts switched off. */
export function rulesWithout(parts: readonly (keyof typeof SWITCHES)[], rules: Rules = RULES): Rules {
  return { ...rules, switches: { ...rules.switches, ...Object.fromEntries(parts.map((part) => [part, false])) } };
}

/** How drops on the link are weighed against this receiver's speed, from fast to careful. */
export const CAUTIONS = ['low', 'normal', 'high'] as const;
export type Caution = (typeof CAUTIONS)[number];

/**
 * A link that nobody else uses, such as a bearer of one's own on a cellular network: what is dropped there harms nobody, and with a code every
 * symbol that arrives helps. Where the capacity moves, a receiver loses most by leaving too far and coming back too slowly.
 */
const LOW: Rules = {
  ...RULES,
  overload: {
    ...RULES.overload,
    /** All that arrives through the full queue is used, and the queue may take long to drain. */
    margin: 0,
    drainTargetUs: 5_000_000,
    minLeft: 0.7,
    breathMinLeft: 0.7,
  },
  climb: { ...RULES.climb, startStepUs: 150_000, startHeardUs: 100_000 },
};

/**
 * A link that others use, too: a receiver must not find its rate by filling their queues. Where trains pass a token bucket, it looks at each level
 * until a bucket would be empty, and its tries of levels that failed may drop a quarter as much.
 */
const HIGH: Rules = {
  ...RULES,
  climb: { ...RULES.climb, unshownMostUs: 600_000 },
  failures: { ...RULES.failures, triedShare: RULES.failures.triedShare / 4 },
};

const BY_CAUTION: Readonly<Record<Caution, Rules>> = { low: LOW, normal: RULES, high: HIGH };

/** The rules of rate control for a degree of caution. */
export function rulesFor(caution: Caution = 'normal'): Rules {
  return BY_CAUTION[caution];
}

type DeepReadonly<T> = { readonly [Key in keyof T]: T[Key] extends object ? DeepReadonly<T[Key]> : T[Key] };
