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

type DeepReadonly<T> = { readonly [Key in keyof T]: T[Key] extends object ? DeepReadonly<T[Key]> : T[Key] };
