import { addressToBytes } from '../../wire/address.js';
import type { MldMessage, MldQuery } from '../../wire/mld.js';
import { GroupListeners, type ListenerTimes } from './group-listeners.js';

/** Defaults of RFC 9777, section 9, for a querier that does not say its own. */
const ROBUSTNESS = 2;
const QUERY_INTERVAL_MS = 125_000;
const QUERY_RESPONSE_MS = 10_000;
const LAST_LISTENER_MS = 1000;
/** Reports take as long as this through switches and the queues of this host. */
const MARGIN_MS = 100;

/** Why a group is sent, or is not. `not asked yet`: listeners may be there that have not been asked for long enough. */
export type ListeningReason = 'listener' | 'no listener' | 'not asked yet' | 'no querier';

/**
 * Knows for some groups whether somebody on the link listens, from the messages of MLD that it is given. It asks nothing itself: as routers do that
 * are not the querier, it goes by the answers to the querier.
 *
 * What it does not know counts as listening: while no querier asks, and until hosts have been asked for as long as a report holds, so that a report
 * that is lost does not count as silence.
 */
export class LinkListeners {
  /** By group, in canonical text. As many as are watched. */
  readonly #groups = new Map<string, GroupListeners>();
  /** The same by the digits of the group. */
  readonly #byDigits = new Map<string, GroupListeners>();
  #times: ListenerTimes = timesOf(ROBUSTNESS, QUERY_INTERVAL_MS, QUERY_RESPONSE_MS);
  /** Until when the querier counts as present (RFC 9777, section 9.5: 255 s by default), or until when to wait for the first one. */
  #querierUs: number;

  constructor(nowUs: number) {
    this.#querierUs = nowUs + querierMs(ROBUSTNESS, QUERY_INTERVAL_MS, QUERY_RESPONSE_MS) * 1000;
  }

  get groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  /** Watches a group from now on. What is known of it so far is nothing, so hosts have to be asked. */
  watch(group: string, source: string | undefined): void {
    const listeners = new GroupListeners(source === undefined ? undefined : digitsOf(source));
    this.#groups.set(group, listeners);
    this.#byDigits.set(digitsOf(group), listeners);
  }

  unwatch(group: string): void {
    this.#groups.delete(group);
    this.#byDigits.delete(digitsOf(group));
  }

  /** Whether a querier that had asked has been silent for too long, or none has come. */
  lacksQuerier(nowUs: number): boolean {
    return nowUs >= this.#querierUs;
  }

  /** Whether what is sent to this group may be listened to, and why. A group that is not watched may be. */
  state(group: string, nowUs: number): { readonly isWanted: boolean; readonly reason: ListeningReason } {
    if (this.lacksQuerier(nowUs)) return { isWanted: true, reason: 'no querier' };
    const listeners = this.#groups.get(group);
    if (listeners?.isHeard(nowUs)) return { isWanted: true, reason: 'listener' };
    const askedUs = listeners?.askedUs;
    const isAsked = askedUs !== undefined && nowUs >= askedUs + this.#times.listenerUs + MARGIN_MS * 1000;
    return isAsked ? { isWanted: false, reason: 'no listener' } : { isWanted: true, reason: 'not asked yet' };
  }

  take(message: MldMessage, nowUs: number): void {
    if (message.kind === 'query') {
      this.#takeQuery(message, nowUs);
      return;
    }
    for (const record of message.records) {
      const listeners = this.#byDigits.get(record.group);
      if (listeners === undefined) continue;
      if (message.version === 2) listeners.take(message.host, record, this.#times, nowUs);
      else if (record.kind === 'isEx') listeners.takeFirstVersion(this.#times, nowUs);
    }
  }

  #takeQuery(query: MldQuery, nowUs: number): void {
    const { group, sources, maxResponseMs, isSuppressed, robustness = ROBUSTNESS } = query;
    if (group !== undefined) {
      // The querier asks `robustness` times, because reports get lost.
      const answeredUs = nowUs + (robustness * maxResponseMs + MARGIN_MS) * 1000;
      if (!isSuppressed) this.#byDigits.get(group)?.ask(sources, answeredUs);
      return;
    }
    const intervalMs = query.intervalMs ?? QUERY_INTERVAL_MS;
    // After a time without a querier nobody knows who has come since.
    const wasLost = this.lacksQuerier(nowUs);
    this.#times = timesOf(robustness, intervalMs, maxResponseMs);
    this.#querierUs = nowUs + querierMs(robustness, intervalMs, maxResponseMs) * 1000;
    for (const listeners of this.#groups.values())
      if (wasLost || listeners.askedUs === undefined) listeners.askedUs = nowUs;
  }
}

function timesOf(robustness: number, intervalMs: number, maxResponseMs: number): ListenerTimes {
  return {
    listenerUs: (robustness * intervalMs + maxResponseMs) * 1000,
    lastListenerUs: (robustness * LAST_LISTENER_MS + MARGIN_MS) * 1000,
  };
}

/** How long after its last query a querier counts as present. */
function querierMs(robustness: number, intervalMs: number, maxResponseMs: number): number {
  return robustness * intervalMs + maxResponseMs / 2;
}

function digitsOf(address: string): string {
  return Buffer.from(addressToBytes(address)).toString('hex');
}
