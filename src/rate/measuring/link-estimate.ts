import { RULES, type Rules } from '../rules.js';
import type { ReadingSums } from './readings.js';
import { TrainCapacity } from './train-capacity.js';

/**
 * The capacity of the path's slowest link by trains, the share of it that other paths leave to this one, and how far that is
 * believed after failures.
 */
export class LinkEstimate {
  readonly #trains = new TrainCapacity();
  /** Trains that met no queue. */
  readonly #idleTrains = new TrainCapacity();
  /** Trains that met a queue: no bucket has tokens left then. */
  readonly #queuedTrains = new TrainCapacity();
  /** The slowest of the last trains that met no queue, in bit/s. It outlasts the trains, which a retreat forgets. */
  #idleBitsPerSecond = 0;
  #hasLied = false;
  /** What arrived through overloads, in bit/s. */
  #ceiling = Number.POSITIVE_INFINITY;
  /** The most that arrived through any overload, in bit/s. */
  #mostCarried = 0;
  #failedRate = Number.POSITIVE_INFINITY;
  #failedUs = Number.NEGATIVE_INFINITY;
  /** The slowest train since the failure, in bit/s. */
  #failedCapacity = Number.POSITIVE_INFINITY;
  #heardUs = Number.NEGATIVE_INFINITY;
  #othersBitsPerSecond = 0;
  /** What arrived when the path was full last, in bit/s, and when that was. */
  #fullBitsPerSecond: number | undefined;
  #fullUs = 0;
  /** The most that arrived in a slot lately, in bit/s, and when that was. */
  #arrivedBitsPerSecond = 0;
  #arrivedUs = Number.NEGATIVE_INFINITY;
  /** When the capacity last moved by itself. */
  #movedUs = Number.NEGATIVE_INFINITY;
  readonly #rules: Rules;

  constructor(rules: Rules = RULES) {
    this.#rules = rules;
  }

  note(nowUs: number, { trains }: Pick<ReadingSums, 'trains'>, isQueued = false): void {
    if (nowUs - this.#heardUs > this.#rules.capacity.maxAgeUs) this.forgetTrains();
    if (trains.length === 0 || !this.#rules.switches.trains) return;
    for (const { slot, trainBitsPerSecond } of trains) {
      this.#trains.add(slot, trainBitsPerSecond);
      (isQueued ? this.#queuedTrains : this.#idleTrains).add(slot, trainBitsPerSecond);
      this.#heardUs = nowUs;
    }
    if (!isQueued) this.#idleBitsPerSecond = this.#idleTrains.leastBitsPerSecond ?? this.#idleBitsPerSecond;
    const least = this.#trains.leastBitsPerSecond;
    if (least !== undefined) this.#failedCapacity = Math.min(this.#failedCapacity, least);
  }

  /** Sets the rate that other paths carry through the same link. */
  setOthers(bitsPerSecond: number): void {
    this.#othersBitsPerSecond = bitsPerSecond;
  }

  /** Takes note that this rate was too much. */
  failed(nowUs: number, rateBitsPerSecond: number, isBucket = this.passesTrains(rateBitsPerSecond)): void {
    if (isBucket && this.#rules.switches.buckets) this.#hasLied = true;
    this.#failedUs = nowUs;
    this.#failedRate = rateBitsPerSecond;
    // Without a train the next one says what trains show since the failure.
    this.#failedCapacity = this.#trains.leastBitsPerSecond ?? Number.POSITIVE_INFINITY;
  }

  /** Takes note that this rate was not too much: a failure at or below it had another cause. */
  held(rateBitsPerSecond: number): void {
    if (rateBitsPerSecond >= this.#failedRate) this.#failedUs = Number.NEGATIVE_INFINITY;
    this.#ceiling = Math.max(this.#ceiling, rateBitsPerSecond);
  }

  /** Whether all trains that met no queue passed at far more than a rate. */
  passesTrains(rateBitsPerSecond: number): boolean {
    const { count, leastBitsPerSecond = 0 } = this.#idleTrains;
    return (
      this.#rules.switches.buckets &&
      count >= this.#rules.capacity.minLies &&
      leastBitsPerSecond > this.#rules.capacity.muchFasterRatio * rateBitsPerSecond
    );
  }

  /**
   * Whether trains passed much faster than the highest level, so that they may say nothing of the link's rate: a token bucket may have let
   * them pass. Where they passed a little faster, the ladder ends at the link's rate, as a ladder that was made for its link does.
   */
  isUnshown(highestBitsPerSecond: number): boolean {
    const { capacityBitsPerSecond = 0 } = this;
    return !this.#hasLied && capacityBitsPerSecond >= this.#rules.capacity.muchFasterRatio * highestBitsPerSecond;
  }

  /** Takes note of what arrived through an overload, in bit/s. */
  carried(bitsPerSecond: number): void {
    this.#ceiling = bitsPerSecond;
    this.#mostCarried = Math.max(this.#mostCarried, bitsPerSecond);
  }

  /** Takes note of what arrives while the path is full, in bit/s: if that moves by itself, as on cellular links, the link breathes. */
  noteFull(nowUs: number, bitsPerSecond: number): void {
    const { breathRatio, breathUs } = this.#rules.capacity;
    const ratio = bitsPerSecond / (this.#fullBitsPerSecond ?? bitsPerSecond);
    if (Math.max(ratio, 1 / ratio) > breathRatio && nowUs - this.#fullUs < breathUs) this.#movedUs = nowUs;
    this.#fullBitsPerSecond = bitsPerSecond;
    this.#fullUs = nowUs;
  }

  /** Takes note of what arrived in a slot, in bit/s. */
  arrived(nowUs: number, bitsPerSecond: number): void {
    const isOver = nowUs - this.#arrivedUs > this.#rules.capacity.arrivedUs;
    if (bitsPerSecond < this.#arrivedBitsPerSecond && !isOver) return;
    this.#arrivedBitsPerSecond = bitsPerSecond;
    this.#arrivedUs = nowUs;
  }

  /** The most that arrived in a slot of the last minute, in bit/s: the path carries at least that. 0 where trains tell more. */
  get arrivedBitsPerSecond(): number {
    return this.#heardUs === Number.NEGATIVE_INFINITY ? this.#arrivedBitsPerSecond : 0;
  }

  /** Whether the capacity moves by itself: a level that failed may fit a second later, so failures are not remembered. */
  isBreathing(nowUs: number): boolean {
    return this.#rules.switches.breathing && nowUs - this.#movedUs < this.#rules.capacity.breathUs;
  }

  /**
   * What the link carries where trains without a queue say nothing, in bit/s; infinite if they do. That is what arrived through the last
   * overload, or what the slowest train through a queue shows, if that is more: other traffic then takes the rest. A link that sends in
   * bursts passes trains as fast with a queue as without, and they say nothing there.
   */
  get ceilingBitsPerSecond(): number {
    if (!this.#hasLied) return Number.POSITIVE_INFINITY;
    const queued = this.#queuedTrains.leastBitsPerSecond ?? 0;
    const isSlowed = queued * this.#rules.capacity.muchFasterRatio <= this.#idleBitsPerSecond;
    return isSlowed ? Math.max(this.#ceiling, this.#oursOf(queued)) : this.#ceiling;
  }

  /** Whether trains passed at more than a rate that was too much, as they do through a token bucket. */
  get hasLied(): boolean {
    return this.#hasLied;
  }

  /** Takes note that other traffic caused the failure, and took a part of what the link carried through the last overloads. */
  forgive(): void {
    this.#failedUs = Number.NEGATIVE_INFINITY;
    this.#ceiling = Math.max(this.#ceiling, this.#mostCarried);
  }

  /** Forgets all trains, because the path may have changed. */
  forgetTrains(): void {
    this.#trains.clear();
    this.#idleTrains.clear();
    this.#queuedTrains.clear();
  }

  /** Measured capacity of the slowest link, in bit/s; undefined before the first train. */
  get capacityBitsPerSecond(): number | undefined {
    return this.#trains.bitsPerSecond;
  }

  /** Whether the trains of three slots or more agree. */
  get isSure(): boolean {
    return this.#trains.isSure;
  }

  /**
   * This path's share of the capacity by the slowest train, in bit/s, where trains say nothing at most what arrived through overloads;
   * undefined before the first train.
   */
  get leastShareBitsPerSecond(): number | undefined {
    const least = this.#trains.leastBitsPerSecond;
    return least === undefined ? undefined : Math.min(this.#oursOf(least), this.ceilingBitsPerSecond);
  }

  /**
   * This path's share of the capacity by the slowest train of the last three slots, in bit/s; infinite before the first
   * train.
   */
  get recentShareBitsPerSecond(): number {
    return this.#oursOf(this.#trains.recentBitsPerSecond);
  }

  /** The fastest train of the last seconds, in bit/s, without regard to other paths; infinite before the first train. */
  get mostBitsPerSecond(): number {
    return this.#trains.mostBitsPerSecond;
  }

  /** This path's share of the capacity, in bit/s, without regard to failures; infinite before the first train. */
  get shareBitsPerSecond(): number {
    return this.#oursOf(this.capacityBitsPerSecond);
  }

  /**
   * What this path and other traffic share, in bit/s: the share of the capacity by trains; through a bucket, where they show none, what arrived
   * through overloads; without any, the most that has arrived lately.
   */
  get sharedBitsPerSecond(): number {
    return Math.min(this.arrivedBitsPerSecond || this.shareBitsPerSecond, this.ceilingBitsPerSecond);
  }

  /** This path's share of the capacity in as far as it is believed after failures, in bit/s; infinite before the first train. */
  believedBitsPerSecond(nowUs: number): number {
    const share = this.shareBitsPerSecond;
    if (this.#hasLied) return Math.min(share, this.ceilingBitsPerSecond);
    const least = this.#trains.leastBitsPerSecond;
    if (least === undefined || !this.#rules.switches.disbelief) return share;
    const { disbeliefUs, muchFasterRatio } = this.#rules.capacity;
    const isDisbelieved = nowUs - this.#failedUs < disbeliefUs && least < muchFasterRatio * this.#failedCapacity;
    return isDisbelieved ? Math.min(share, 0.99 * this.#failedRate) : share;
  }

  /**
   * The capacity that is believed after failures, in bit/s, other paths' share included; undefined before the first train. Where trains
   * passed a token bucket this is what arrived through the last overload.
   */
  estimate(nowUs: number): number | undefined {
    const { capacityBitsPerSecond } = this;
    const isKnown = capacityBitsPerSecond !== undefined || (this.#hasLied && Number.isFinite(this.#ceiling));
    return isKnown ? this.believedBitsPerSecond(nowUs) + this.#othersBitsPerSecond : undefined;
  }

  #oursOf(bitsPerSecond = Number.POSITIVE_INFINITY): number {
    return Math.max(0, bitsPerSecond - this.#othersBitsPerSecond);
  }
}
