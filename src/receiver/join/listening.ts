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
   * which channels are joined.
   */
  readonly #silentFromUs = new Map<number, number>();
  #isOn = false;
  #sinceUs = 0;
  #work: Promise<void>;
  #maintainedUs = Number.NEGATIVE_INFINITY;
  #isMaintaining = false;

  /** @param before resolves when channels may be joined. */
  constructor(memberships: Memberships, policy: ChannelPolicy, before: Promise<void> = Promise.resolve()) {
    this.#memberships = memberships;
    this.#policy = policy;
    this.#work = before;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Whether listening is on while the policy wishes for no channel. */
  get isPaused(): boolean {
    return this.#isOn && this.#policy.status.levelRateBitsPerSecond === 0;
  }

  /** When listening last began, or last continued after a pause. */
  get sinceUs(): number {
    return this.#sinceUs;
  }

  /** Joins the channels that the policy begins with; does nothing if listening is on. Resolves when the joins have ended. */
  start(nowUs: number): Promise<void> {
    if (this.#isOn) return this.#work;
    this.#isOn = true;
    this.#sinceUs = nowUs;
    return this.follow(this.#policy.start(nowUs), nowUs);
  }

  /** Carries out decisions of the policy, after all earlier ones. */
  follow(decisions: readonly Decision[], nowUs: number): Promise<void> {
    if (this.#memberships.channels.length === 0) this.#sinceUs = nowUs;
    for (const { action, channel } of decisions) if (action === 'join') this.#silentFromUs.set(channel, nowUs);
    return this.#next(async () => {
      for (const decision of decisions) {
        if (this.#isOn) await this.#memberships.carryOut(decision);
      }
    });
  }

  /** Leaves all channels; resolves when they are left. */
  stop(reason: string): Promise<void> {
    this.#isOn = false;
    return this.#next(() => this.#memberships.leaveAll(reason));
  }

  /** Joins, once a second, wanted channels that are not joined. */
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
   * Joins channels again that have been silent for long, in case an interface went away and came back.
   *
   * @param lastHeardUs when a channel was last heard; undefined if never.
   * @returns the silent channels
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
