/** When an agent listens. */
export interface WakePlan {
  /** Undefined: the agent wakes when servers send what it wants, by their schedules, and listens for as long as it knows of none. */
  readonly everyUs: number | undefined;
  /** A wake ends after this time at the latest; undefined: when nothing is sent any more. */
  readonly forUs: number | undefined;
  /** Share of `everyUs` by which each wake comes earlier or later. */
  readonly jitterRatio: number;
  readonly budgetBytes: number | undefined;
}

/**
 * When the next wake begins. Each has a phase of its own, so that wakes do not fall into step with carousels: a device that always came
 * in the same part of a carousel would hear the same symbols each time.
 *
 * @param random from 0 to 1
 */
export function nextWakeUs(everyUs: number, jitterRatio: number, wokeUs: number, random: number): number {
  return Math.round(wokeUs + everyUs * (1 + jitterRatio * (2 * random - 1)));
}

/** Devices that wake for a window come within this share of it, and within this time, so that not all join at once. */
const ARRIVAL_SHARE = 0.02;
const ARRIVAL_US = 10e6;

/**
 * When a device wakes for a window.
 *
 * @param beginsUs when the window begins
 * @param random from 0 to 1
 */
export function windowWakeUs(beginsUs: number, lastsUs: number, random: number): number {
  return Math.round(beginsUs + Math.min(ARRIVAL_US, lastsUs * ARRIVAL_SHARE) * random);
}

/** What has been heard in one wake. */
export interface Heard {
  /** Since when the group is joined; undefined while the interface is missing. */
  readonly sinceUs: number | undefined;
  /** Whether anything genuine was heard. */
  readonly isGenuine: boolean;
  /** The longest announce interval in a genuine record; 0 if none names one. */
  readonly announceIntervalUs: number;
  /** Whether a record waits for a catalogue, which comes in the same time, and has to be heard again after it. */
  readonly isUnlisted: boolean;
}

/** Servers' timers are late by less than this. */
const LATENESS_RATIO = 0.1;
const LATENESS_US = 200_000;

/**
 * When all that is announced has been heard once, if no announcement was lost. Without anything genuine, after the patience.
 * Undefined while nothing can be heard.
 */
export function heardAllUs(
  { sinceUs, isGenuine, announceIntervalUs, isUnlisted }: Heard,
  patienceUs: number,
): number | undefined {
  if (sinceUs === undefined) return undefined;
  if (!isGenuine) return sinceUs + patienceUs;
  const rounds = isUnlisted ? 3 : 1;
  return sinceUs + rounds * announceIntervalUs * (1 + LATENESS_RATIO) + LATENESS_US;
}
