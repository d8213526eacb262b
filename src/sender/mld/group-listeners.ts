import type { MldRecord } from '../../wire/mld.js';

/**
 * Most hosts of which one group remembers that they listen. Of more it is only known that there are some, until their reports would
 * have come again: a leave makes no difference among so many.
 */
const MAX_HOSTS = 128;

/** How long a report holds, and how long after a leave others may still say that they listen. */
export interface ListenerTimes {
  readonly listenerUs: number;
  readonly lastListenerUs: number;
}

/**
 * Who on the link listens to what this server sends to one group. Reports of version 2 are not suppressed, so each host is tracked by itself
 * (RFC 9777, appendix A.2), and the group is given up soon after its last listener has left. Hosts of version 1 are silent when another has
 * reported, so of these a leave means nothing until the querier has asked.
 */
export class GroupListeners {
  /** When a querier asked for the first time that this group was watched; undefined: none has yet. */
  askedUs: number | undefined;
  /** This server's address, 32 digits. Undefined: it is not known, so a wish for any source may be one for this server. */
  readonly #source: string | undefined;
  /** Until when each host listens. */
  readonly #hosts = new Map<string, number>();
  /** Until when hosts listen that are not tracked: those of version 1, and those beyond `MAX_HOSTS`. */
  #othersUs = Number.NEGATIVE_INFINITY;

  constructor(source: string | undefined) {
    this.#source = source;
  }

  isHeard(nowUs: number): boolean {
    if (nowUs < this.#othersUs) return true;
    for (const [host, untilUs] of this.#hosts) {
      if (nowUs < untilUs) return true;
      this.#hosts.delete(host);
    }
    return false;
  }

  /** What a host says in a report of version 2. */
  take(host: string, record: MldRecord, times: ListenerTimes, nowUs: number): void {
    const wants = this.#wants(record);
    if (wants === true) this.#listen(host, nowUs + times.listenerUs, nowUs);
    else if (wants === false) this.#shorten(host, nowUs + times.lastListenerUs);
  }

  /** A host reported the group in version 1. */
  takeFirstVersion(times: ListenerTimes, nowUs: number): void {
    this.#othersUs = Math.max(this.#othersUs, nowUs + times.listenerUs);
  }

  /** The querier asks for listeners of this group: those that do not answer in time do not listen. */
  ask(sources: readonly string[] | undefined, answeredUs: number): void {
    // Hosts that listen to any source, and not to the one that is asked for, stay silent.
    if (sources !== undefined) return;
    for (const host of this.#hosts.keys()) this.#shorten(host, answeredUs);
    this.#othersUs = Math.min(this.#othersUs, answeredUs);
  }

  /** Whether a host wants what this server sends; undefined if the record does not say. */
  #wants({ kind, sources }: MldRecord): boolean | undefined {
    const isNamed = this.#source === undefined ? sources.length > 0 : sources.includes(this.#source);
    switch (kind) {
      case 'isEx':
      case 'toEx':
        // Of an unknown source it is not known whether it is excluded.
        return this.#source === undefined || !isNamed;
      case 'isIn':
      case 'toIn':
        return isNamed;
      case 'allow':
        return isNamed ? true : undefined;
      case 'block':
        return isNamed && this.#source !== undefined ? false : undefined;
    }
  }

  #listen(host: string, untilUs: number, nowUs: number): void {
    if (!this.#hosts.has(host) && this.#hosts.size >= MAX_HOSTS) {
      for (const [other, otherUs] of this.#hosts) if (otherUs <= nowUs) this.#hosts.delete(other);
      if (this.#hosts.size >= MAX_HOSTS) {
        this.#othersUs = Math.max(this.#othersUs, untilUs);
        return;
      }
    }
    this.#hosts.set(host, untilUs);
  }

  #shorten(host: string, untilUs: number): void {
    const before = this.#hosts.get(host);
    if (before !== undefined && before > untilUs) this.#hosts.set(host, untilUs);
  }
}
