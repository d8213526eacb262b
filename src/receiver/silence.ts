import type { Fetch } from './fetch.js';
import { Patience } from './patience.js';
import type { Watch } from './watch/watch.js';

/** If the object is still announced when no data have come for this long, or for ten intervals of the slowest channel, something blocks the data. */
const NO_DATA_US = 5_000_000;
const NO_DATA_INTERVALS = 10;

export interface SilenceOptions {
  /** How long nothing may be heard, in µs, unless slow channels or rare announcements need more. */
  readonly patienceUs: number;
  /** Whether the receiver waits for a missing interface for any length of time. */
  readonly waits: boolean;
}

/** What the receiver listens to at one moment. */
export interface Listened {
  readonly watch: Pick<Watch, 'announceIntervalUs' | 'isWaiting'>;
  /** When the version was announced last; undefined if never. */
  readonly announcedUs: number | undefined;
  /** Undefined while no symbols are received. */
  readonly steering: Fetch['steering'];
  /** Whether a descriptor of the object has been heard. */
  readonly isFound: boolean;
  readonly startedUs: number;
}

/** What a silence means. `over`: nobody has sent for `limitUs`. `noData`: something blocks data and lets announcements pass. */
export type SilenceVerdict =
  | { readonly kind: 'over'; readonly limitUs: number }
  | { readonly kind: 'noData'; readonly channels: readonly number[] };

/** Judges how long nothing has been heard. */
export class Silence {
  readonly #waits: boolean;
  readonly #patience: Patience;

  constructor({ patienceUs, waits }: SilenceOptions, nowUs: number) {
    this.#waits = waits;
    this.#patience = new Patience(patienceUs, nowUs);
  }

  /** How long a receiver listens for the first announcement, in µs. */
  firstLimitUs({ announceIntervalUs }: Pick<Watch, 'announceIntervalUs'>): number {
    return this.#patience.limitUs({ slowestIntervalUs: 0, announceIntervalUs });
  }

  /** Counts the silence up to now and says what it means; undefined while it means nothing. The owner calls `judge` every 50 ms. */
  judge(nowUs: number, { watch, announcedUs = 0, steering, isFound, startedUs }: Listened): SilenceVerdict | undefined {
    const { announceIntervalUs, isWaiting } = watch;
    const isPatient = (isWaiting && this.#waits) || (steering === undefined && isFound);
    const slowestIntervalUs = steering?.slowestIntervalUs ?? 0;
    const heardUs = isPatient ? nowUs : (steering?.lastHeardUs ?? startedUs);
    const limitUs = this.#patience.count(nowUs, { heardUs, slowestIntervalUs, announceIntervalUs });
    if (limitUs !== undefined) return { kind: 'over', limitUs };
    if (steering === undefined || steering.channels.length === 0) return undefined;
    // A server that is gone, or that sends the object no more, does not announce it either.
    const noDataUs = Math.max(NO_DATA_US, NO_DATA_INTERVALS * slowestIntervalUs);
    // After a stop of the process, announcements may be read before the data that came with them.
    const isKeptAway = Math.min(announcedUs - heardUs, this.#patience.silentUs) >= noDataUs;
    return isKeptAway ? { kind: 'noData', channels: steering.channels } : undefined;
  }
}
