import type { AgentPlan } from './agent-plan.js';
import type { AgentWatch } from './ports.js';
import { heardAllUs } from './wake-times.js';

/** How often the bytes of a wake are compared with its budget. At 100 Mbit/s that is 1.25 MB. */
const BUDGET_LOOK_US = 100_000;
/** How often a wake that has an end looks whether its interface came back, and what it has heard first: neither is told. */
const LOOK_US = 1e6;

/** One time of listening: knows when it is over. */
export class Wake {
  readonly watch: AgentWatch;
  readonly wokeUs: number;
  readonly #plan: AgentPlan;
  readonly #hasSchedule: () => boolean;
  /** Since when announcements could be heard: the group is joined, its interface is looked for, or servers have begun. */
  #sinceUs: number;
  #hasHeard = false;
  /** Whether something waits for a catalogue. */
  #isUnlisted = false;

  /** @param hasSchedule whether it is known when anything is sent next */
  constructor(watch: AgentWatch, plan: AgentPlan, nowUs: number, hasSchedule: () => boolean) {
    this.watch = watch;
    this.#plan = plan;
    this.#hasSchedule = hasSchedule;
    this.wokeUs = nowUs;
    this.#sinceUs = nowUs;
  }

  /** Notes that a record has to be heard again, after the catalogue that lists it. */
  noteUnlisted(): void {
    this.#isUnlisted = true;
  }

  /** Notes whether anything can be heard now, and whether servers have only begun: nothing came in the time in which they announce all. */
  look(nowUs: number): void {
    const { isWaiting, announceIntervalUs } = this.watch;
    if (isWaiting) this.#sinceUs = nowUs;
    if (this.#hasHeard || announceIntervalUs === 0) return;
    this.#hasHeard = true;
    if (nowUs > (this.#allAnnouncedUs ?? Infinity)) this.#sinceUs = nowUs;
  }

  /** Somebody says that there is news: all that is announced has to be heard from now on. */
  listenAnew(nowUs: number): void {
    this.#sinceUs = nowUs;
  }

  /** @param packetBytes what was received in this wake */
  isSpent(packetBytes: number): boolean {
    const { budgetBytes = Infinity } = this.#plan.wake ?? {};
    return this.#hasEnd && packetBytes >= budgetBytes;
  }

  /**
   * @param packetBytes what was received in this wake
   * @param isAtWork whether something is being received, or waits for nothing but a place
   */
  isOver(nowUs: number, packetBytes: number, isAtWork: boolean): boolean {
    const { wake } = this.#plan;
    if (!this.#hasEnd) return false;
    if (wake?.forUs !== undefined && nowUs >= this.wokeUs + wake.forUs) return true;
    if (this.isSpent(packetBytes)) return true;
    return !isAtWork && nowUs >= (this.#heardAllUs ?? Infinity);
  }

  /** When the wake may be over without any event before. */
  nextLooksUs(nowUs: number, isTransferring: boolean): readonly (number | undefined)[] {
    const { wake } = this.#plan;
    const times: (number | undefined)[] = [];
    if (wake?.forUs !== undefined) times.push(this.wokeUs + wake.forUs);
    if (wake?.budgetBytes !== undefined && isTransferring) times.push(nowUs + BUDGET_LOOK_US);
    if (this.#hasEnd) times.push(this.#heardAllUs, nowUs + LOOK_US);
    return times;
  }

  get #hasEnd(): boolean {
    const { wake, once } = this.#plan;
    return once || (wake !== undefined && (wake.everyUs !== undefined || this.#hasSchedule()));
  }

  get #heardAllUs(): number | undefined {
    return this.watch.isExpecting === true ? undefined : this.#allAnnouncedUs;
  }

  get #allAnnouncedUs(): number | undefined {
    const { watch } = this;
    const heard = {
      sinceUs: watch.isWaiting ? undefined : this.#sinceUs,
      isGenuine: watch.announceIntervalUs > 0,
      announceIntervalUs: watch.announceIntervalUs,
      isUnlisted: this.#isUnlisted,
    };
    return heardAllUs(heard, this.#plan.patienceUs);
  }
}
