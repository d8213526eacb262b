import type { Clock } from '../base/ports.js';
import type { AgentObject } from './agent-object.js';
import type { AgentPlan } from './agent-plan.js';
import { isToCome } from './object-state.js';
import { nextWakeUs, windowWakeUs } from './wake-times.js';

/** By how much the clock of the day may drift before windows are planned anew. */
const JUMP_US = 1e6;
/** How often a sleep that ends with a window looks whether the clock of the day was set. */
const LOOK_US = 600e6;

/** The time from one wake to the next. */
export class Sleep {
  readonly #plan: AgentPlan;
  readonly #clock: Clock;
  readonly #objects: Iterable<AgentObject>;
  readonly #random: number;
  /** When the next wake is, if it follows from `every`; undefined: it does not. */
  readonly #everyUs: number | undefined;
  #untilUs: number | undefined;
  #wallAheadUs = 0;

  /**
   * @param wokeUs when the last wake began
   * @param random from 0 to 1: by how much this device is earlier or later than others
   */
  constructor(plan: AgentPlan, objects: Iterable<AgentObject>, wokeUs: number, clock: Clock, random: number) {
    this.#plan = plan;
    this.#clock = clock;
    this.#objects = objects;
    this.#random = random;
    const { everyUs, jitterRatio = 0 } = plan.wake ?? {};
    this.#everyUs = everyUs === undefined ? undefined : nextWakeUs(everyUs, jitterRatio, wokeUs, random);
    this.#planWindows();
  }

  /** When the next wake is, on the clock that never jumps; undefined if none is planned. */
  get untilUs(): number | undefined {
    return this.#untilUs;
  }

  /** Takes note of a clock that was set: windows begin by the clock of the day. */
  look(): void {
    const aheadUs = this.#clock.wallUs() - this.#clock.nowUs();
    if (Math.abs(aheadUs - this.#wallAheadUs) > JUMP_US) this.#planWindows();
  }

  /** When to look next. */
  nextLookUs(nowUs: number): number | undefined {
    const until = this.#untilUs;
    return until === undefined || until === this.#everyUs ? until : Math.min(until, nowUs + LOOK_US);
  }

  #planWindows(): void {
    const clock = this.#clock;
    this.#wallAheadUs = clock.wallUs() - clock.nowUs();
    // Without any other plan, versions are heard of when they are sent: in the windows of what is there already.
    const wakesForNews = this.#plan.wake !== undefined && this.#plan.wake.everyUs === undefined;
    const windows = [...this.#objects]
      .filter(({ state }) => wakesForNews || isToCome(state))
      .flatMap((object) => object.nextWindow ?? []);
    const times = windows.map(({ beginsUs, lastsUs }) => windowWakeUs(beginsUs, lastsUs, this.#random));
    if (this.#everyUs !== undefined) times.push(this.#everyUs);
    this.#untilUs = times.length === 0 ? undefined : Math.max(clock.nowUs(), Math.min(...times));
  }
}
