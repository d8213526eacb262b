import { RULES, type Rules } from './rules.js';

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
