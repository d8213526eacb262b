import { doubledUs } from '../../base/back-off.js';
import type { Compared } from '../policy.js';
import { RULES, type Rules } from '../rules.js';

/** Watches whether this host keeps up with what arrives, or its disk or processor is behind, and which levels it is trusted with. */
export class LocalLoad {
  #droppedCount = 0;
  #count = 0;
  /** Until then, channels that were left because of this may still arrive. */
  #leavingUntilUs = Number.NEGATIVE_INFINITY;
  /** The level that was too much last, and how often in a row; it and all above are avoided until then. */
  #failedLevel = Number.POSITIVE_INFINITY;
  #avoidedUntilUs = Number.NEGATIVE_INFINITY;
  #failureCount = 0;
  readonly #rules: Rules;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  add(nowUs: number, receivedCount: number, droppedCount: number): void {
    if (nowUs < this.#leavingUntilUs) return;
    this.#droppedCount = this.#rules.load.decay * this.#droppedCount + droppedCount;
    this.#count = this.#rules.load.decay * this.#count + receivedCount + droppedCount;
  }

  get isTooMuch(): boolean {
    return (
      this.#droppedCount >= this.#rules.load.minDrops && this.#droppedCount > this.#rules.load.dropRatio * this.#count
    );
  }

  /** The share of the datagrams lately that this host dropped. */
  get dropRatio(): number {
    return this.#droppedCount / Math.max(1, this.#count);
  }

  /** That share, and the most that this host may drop. */
  get compared(): Compared {
    return { dropRatio: this.dropRatio, mostDropRatio: this.#rules.load.dropRatio };
  }

  /**
   * A level is left because it was too much for this host. It and all above are avoided for a while, twice as long if it fails again soon after: a disk that
   * was busy for a moment says nothing about the next minute, and one that is slow says it again.
   *
   * @param leaveLatencyUs for so long channels arrive that are left now, so what is dropped then says nothing about the level that is kept
   */
  failed(nowUs: number, level: number, leaveLatencyUs: number): void {
    const { avoidUs, mostAvoidUs, forgetUs } = this.#rules.load;
    const isAgain = level >= this.#failedLevel && nowUs < this.#avoidedUntilUs + forgetUs;
    this.#failureCount = isAgain ? this.#failureCount + 1 : 1;
    this.#avoidedUntilUs = nowUs + doubledUs({ firstUs: avoidUs, mostUs: mostAvoidUs }, this.#failureCount);
    this.#failedLevel = level;
    this.#leavingUntilUs = nowUs + leaveLatencyUs;
    this.#droppedCount = 0;
    this.#count = 0;
  }

  /** The highest level that this host is trusted with now; infinite if none failed lately. */
  mostLevel(nowUs: number): number {
    return nowUs < this.#avoidedUntilUs ? Math.max(1, this.#failedLevel - 1) : Number.POSITIVE_INFINITY;
  }
}
