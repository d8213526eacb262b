import type { ChannelPolicy, Decision } from '../../rate/policy.js';
import type { Memberships } from './memberships.js';

/** A channel as silent as this is joined anew, or ten of its intervals if it is a slow one. */
const RENEW_AFTER_US = 5_000_000;
const RENEW_AFTER_INTERVALS = 10;
/** How often the receiver checks that all wanted channels are joined. An interface that comes back is used within this time. */
const MAINTAIN_INTERVAL_US = 1_000_000;

/**
 * Decides when channels are joined at all: from the start until the receiver has the symbols that it needs, and again if they
 * were not enough. Joins and leaves take time; they are carried out one after the other, in the order in which they were decided.
 */
export class Listening {
  readonly #memberships: Memberships;
  readonly #policy: ChannelPolicy;
  /**
   * From when on the silence of each channel counts: the last decision to join it, or to join it anew. Only `Memberships` knows
   * what is joined.
   */
  readonly #silentFromUs = new Map<number, number>();
  #isOn = false;
  #sinceUs = 0;
  #work: Promise<void>;
  #maintainedUs = Number.NEGATIVE_INFINITY;
  #isMaintaining = false;

  /** @param before what has to end before anything is joined. */
  constructor(memberships: Memberships, policy: ChannelPolicy, before: Promise<void> = Promise.resolve()) {
    this.#memberships = memberships;
    this.#policy = policy;
    this.#work = before;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** On, but the policy wishes for no channel. */
  get isPaused(): boolean {
    return this.#isOn && this.#policy.status.levelRateBitsPerSecond === 0;
  }

  /** When listening last began, or went on after a pause. */
  get sinceUs(): number {
    return this.#sinceUs;
  }

  /** Joins what the policy says, unless that is so already. */
  start(nowUs: number): Promise<void> {
    if (this.#isOn) return this.#work;
    this.#isOn = true;
    this.#sinceUs = nowUs;
    return this.follow(this.#policy.start(nowUs), nowUs);
  }

  /** Carries out what the policy decided after what it decided before. */
  follow(decisions: readonly Decision[], nowUs: number): Promise<void> {
    if (this.#memberships.channels.length === 0) this.#sinceUs = nowUs;
    for (const { action, channel } of decisions) if (action === 'join') this.#silentFromUs.set(channel, nowUs);
    return this.#next(async () => {
      for (const decision of decisions) {
        if (this.#isOn) await this.#memberships.carryOut(decision);
      }
    });
  }

  /** Leaves everything; resolves when that is done. */
  stop(reason: string): Promise<void> {
    this.#isOn = false;
    return this.#next(() => this.#memberships.leaveAll(reason));
  }

  /** Once a second, joins what is wanted and is not joined. */
  maintain(nowUs: number): void {
    if (this.#isMaintaining || nowUs - this.#maintainedUs < MAINTAIN_INTERVAL_US) return;
    this.#maintainedUs = nowUs;
    if (this.#memberships.isSettled) return;
    this.#isMaintaining = true;
    void this.#next(async () => {
      if (this.#isOn) await this.#memberships.maintain();
      this.#isMaintaining = false;
    });
  }

  /**
   * Channels that have been silent for long: they are joined anew, in case an interface went and came back.
   *
   * @param lastHeardUs by channel; undefined if never.
   */
  renewSilent(
    nowUs: number,
    intervalsUs: readonly number[],
    lastHeardUs: (channel: number) => number | undefined,
  ): readonly number[] {
    const silent = this.#memberships.channels.filter((channel) => {
      const limitUs = Math.max(RENEW_AFTER_US, RENEW_AFTER_INTERVALS * intervalsUs[channel]!);
      const sinceUs = Math.max(lastHeardUs(channel) ?? 0, this.#sinceUs, this.#silentFromUs.get(channel) ?? 0);
      return nowUs - sinceUs >= limitUs;
    });
    for (const channel of silent) {
      this.#silentFromUs.set(channel, nowUs);
      void this.#next(() => this.#memberships.renew(channel));
    }
    return silent;
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step);
    return this.#work;
  }
}
