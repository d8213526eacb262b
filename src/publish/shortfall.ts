import type { SenderStats } from './events.js';

/** How long a server is looked at before it is judged. A pause of the host for two seconds, which costs a fifth of this, is not judged. */
const WINDOW_US = 10_000_000;
/** Windows in a row of which each must fall short. */
const WINDOW_COUNT = 2;
/** A server that sends a twentieth less than its rates is too slow; on a busy host, single datagrams are skipped now and then. */
const MOST_SKIPPED_RATIO = 0.05;
/** A window that took so much longer was one in which the host slept. */
const MOST_WINDOW_US = 1.5 * WINDOW_US;

/** Datagrams of all channels since they began. */
export interface SentAndSkipped {
  readonly sentCount: number;
  /** Those that were too late and are not sent. */
  readonly skippedCount: number;
}

const NOTHING: SentAndSkipped = { sentCount: 0, skippedCount: 0 };

/** Notices that a server cannot send at the rates of its fleet file: its host or the link of its interface is too slow. */
export class Shortfall {
  #startedUs = Number.NEGATIVE_INFINITY;
  /** What had been counted when the window began, and at the last look. */
  #first = NOTHING;
  #last = NOTHING;
  #shortCount = 0;

  /**
   * Takes what was counted; call it about once a second. When counts go down, because an object was taken off the air, a new window begins.
   *
   * @returns the share of its rates at which the server sent (0–1), at the end of the last of some windows in a row that fell short; undefined
   * at any other time
   */
  look(nowUs: number, counted: SentAndSkipped): number | undefined {
    const elapsedUs = nowUs - this.#startedUs;
    const isFewer = counted.sentCount < this.#last.sentCount || counted.skippedCount < this.#last.skippedCount;
    this.#last = counted;
    if (!isFewer && elapsedUs < WINDOW_US) return undefined;
    const sentCount = counted.sentCount - this.#first.sentCount;
    const skippedCount = counted.skippedCount - this.#first.skippedCount;
    this.#startedUs = nowUs;
    this.#first = counted;
    if (isFewer || elapsedUs > MOST_WINDOW_US) return undefined;
    const dueCount = sentCount + skippedCount;
    this.#shortCount = skippedCount > MOST_SKIPPED_RATIO * dueCount ? this.#shortCount + 1 : 0;
    return this.#shortCount === WINDOW_COUNT ? sentCount / dueCount : undefined;
  }
}

/** What all channels of a server have counted. */
export function countedIn({ objects }: SenderStats): SentAndSkipped {
  const channels = objects.flatMap((object) => object.channels);
  return {
    sentCount: channels.reduce((sum, { datagrams }) => sum + datagrams, 0),
    skippedCount: channels.reduce((sum, { skippedDatagrams }) => sum + skippedDatagrams, 0),
  };
}
