import type { LayercastError } from '../base/errors.js';
import { rateOf } from '../rate/ladder.js';
import type { Finding } from '../receiver/watch/findings.js';
import type { Descriptor } from '../wire/descriptor.js';
import { AgentObject } from './agent-object.js';
import type { AgentStateEvent } from './events.js';
import { patternTest } from './object-pattern.js';
import type { AgentWatch, AgentWorld, ObjectPlan } from './ports.js';
import { rateShare } from './rate-shares.js';
import { RefusedVersions } from './refused-versions.js';
import { heardAllUs, nextWakeUs, type WakePlan } from './wake-times.js';

/** Transfers at once. Each has its own rate control, and more of them would only compete for the same link. */
const MAX_TRANSFERS = 8;
/** How often the bytes of a wake are compared with its budget. At 100 Mbit/s that is 1.25 MB. */
const BUDGET_LOOK_US = 100_000;

export interface AgentPlan {
  readonly fleet: string;
  readonly objects: readonly ObjectPlan[];
  /** Undefined: always awake. */
  readonly wake: WakePlan | undefined;
  /** Whether the agent ends after one wake. */
  readonly once: boolean;
  readonly maxRateBitsPerSecond: number | undefined;
  /** How long a wake waits for anything genuine. */
  readonly patienceUs: number;
  /** Whether versions whose program failed are tried once more. */
  readonly retry: boolean;
}

/** What an agent has come to. */
export interface AgentStatus {
  readonly fleet: string;
  readonly isAwake: boolean;
  /** On the clock that never jumps; undefined: none is planned. */
  readonly nextWakeUs: number | undefined;
  readonly objects: readonly AgentStateEvent[];
}

/** How an agent's run ended: what is left, and what went wrong. */
export interface AgentEnd {
  /** Whether anything genuine of the fleet was heard. */
  readonly hasHeard: boolean;
  /** Objects that are not at the newest version that was heard. */
  readonly unfinished: readonly string[];
  readonly errors: readonly LayercastError[];
}

/**
 * Keeps the objects of one device at their newest versions: wakes and listens, receives what is newer, and has it taken over. It has one
 * watch for all objects; each object decides for itself, and the agent shares out transfers, rate and programs.
 */
export class Agent {
  readonly #plan: AgentPlan;
  readonly #world: AgentWorld;
  readonly #plans: readonly { readonly plan: ObjectPlan; readonly fits: (name: string) => boolean }[];
  readonly #objects = new Map<string, AgentObject>();
  /** Transfers under way, with the rates that they may join. */
  readonly #transfers = new Map<AgentObject, number | undefined>();
  readonly #work = new Set<Promise<void>>();
  readonly #refused = new RefusedVersions();
  #isApplying = false;
  #watch: AgentWatch | undefined;
  #wokeUs = 0;
  /** Since when the group is joined, or its interface is looked for. */
  #openedUs = 0;
  #hasHeard = false;
  #isUnlisted = false;
  /** What all transfers had received when this wake began. */
  #bytesBefore = 0;
  #isEnding = false;
  #endWake: () => void = () => undefined;
  #cancelLook: () => void = () => undefined;
  #nextWakeUs: number | undefined;

  constructor(plan: AgentPlan, world: AgentWorld) {
    this.#plan = plan;
    this.#world = world;
    this.#plans = plan.objects.map((each) => ({ plan: each, fits: patternTest(each.object) }));
  }

  status(): AgentStatus {
    const objects = [...this.#objects.values()].flatMap((object) => object.describe() ?? []);
    return {
      fleet: this.#plan.fleet,
      isAwake: this.#watch !== undefined,
      nextWakeUs: this.#nextWakeUs,
      objects: objects.sort((a, b) => a.object.localeCompare(b.object)),
    };
  }

  /**
   * Works until the signal is aborted, or with `once` until one wake is over and everything that it brought is taken over.
   * @throws {LayercastError} when the journal cannot be read, or the network cannot be listened to
   */
  async run(signal: AbortSignal): Promise<AgentEnd> {
    await this.#load();
    const stop = () => this.#end();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      while (!this.#isEnding) {
        await this.#wake();
        const untilUs = this.#planSleep();
        if (this.#plan.once) break;
        if (untilUs !== undefined) await this.#sleep(untilUs);
      }
      while (this.#work.size > 0) await Promise.all(this.#work);
      return this.#outcome();
    } finally {
      this.#end();
      await Promise.all(this.#work);
      this.#cancelLook();
      signal.removeEventListener('abort', stop);
    }
  }

  async #load(): Promise<void> {
    const records = await this.#world.journal.load();
    for (const record of records) {
      const plan = this.#planOf(record.object);
      if (plan === undefined) continue;
      const object = new AgentObject(record.object, plan, this.#plan.fleet, record, this.#world);
      this.#objects.set(record.object, object);
      if (this.#plan.retry) await object.retry();
    }
    this.#world.emit('start', { fleet: this.#plan.fleet, objects: this.#objects.size });
    this.#look();
  }

  /** Listens until the wake is over. */
  async #wake(): Promise<void> {
    const { clock, openWatch, emit } = this.#world;
    this.#isUnlisted = false;
    this.#bytesBefore += this.#packetBytes;
    this.#nextWakeUs = undefined;
    emit('wake', {});
    for (const object of this.#objects.values()) object.wake();
    const watch = await openWatch((object) => this.#objects.get(object)?.lowestVersion ?? 0);
    this.#wokeUs = clock.nowUs();
    this.#openedUs = this.#wokeUs;
    this.#watch = watch;
    const following = this.#follow(watch);
    try {
      if (this.#isEnding) return;
      await new Promise<void>((resolve) => {
        this.#endWake = resolve;
        this.#look();
      });
    } finally {
      this.#watch = undefined;
      for (const object of this.#transfers.keys()) object.pause();
      await watch.close();
      await following;
    }
  }

  /** Says when the next wake is; undefined if none is planned. */
  #planSleep(): number | undefined {
    const { clock, random, emit } = this.#world;
    const { wake } = this.#plan;
    if (wake === undefined || this.#isEnding) return undefined;
    const untilUs = Math.max(clock.nowUs(), nextWakeUs(wake, this.#wokeUs, random()));
    const nextWakeMs = Math.round((untilUs - clock.nowUs()) / 1000);
    const nextWakeAt = new Date(clock.wallUs() / 1000 + nextWakeMs).toISOString();
    emit('sleep', { nextWakeMs, nextWakeAt, packetBytes: this.#packetBytes });
    return untilUs;
  }

  async #sleep(untilUs: number): Promise<void> {
    this.#nextWakeUs = untilUs;
    await new Promise<void>((resolve) => {
      this.#endWake = resolve;
      this.#look();
    });
  }

  async #follow(watch: AgentWatch): Promise<void> {
    for await (const finding of watch) this.#hear(finding);
  }

  #hear(finding: Finding): void {
    const { kind, descriptor } = finding;
    const plan = this.#planOf(descriptor.object);
    if (plan === undefined) return;
    if (kind !== 'foreign') this.#hasHeard = true;
    this.#isUnlisted ||= kind === 'unlisted';
    const { object: name } = descriptor;
    let object = this.#objects.get(name);
    const warning = this.#refused.note(finding, object?.knownVersion ?? 0);
    if (object === undefined) {
      // Strangers can announce any names; only the fleet's own make an object.
      if (warning !== undefined) this.#world.emit('warning', { object: name, ...warning });
      if (kind !== 'newest') return;
      object = new AgentObject(name, plan, this.#plan.fleet, undefined, this.#world);
      this.#objects.set(name, object);
    }
    object.hear(finding);
    this.#look();
  }

  /** Begins what can begin now, and looks again when more can. */
  #look(): void {
    this.#cancelLook();
    if (this.#isEnding) return;
    const nowUs = this.#world.clock.nowUs();
    if (this.#watch?.isWaiting) this.#openedUs = nowUs;
    this.#beginProgram(nowUs);
    this.#beginTransfers(nowUs);
    if (this.#watch === undefined ? nowUs >= (this.#nextWakeUs ?? Infinity) : this.#isWakeOver(nowUs)) this.#endWake();
    else this.#lookAt(this.#nextLookUs(nowUs));
  }

  #lookAt(atUs: number | undefined): void {
    if (atUs === undefined) return;
    this.#cancelLook = this.#world.clock.schedule(atUs, () => this.#look());
  }

  /** One at a time: updaters lock what they write, and the machine has other work. */
  #beginProgram(nowUs: number): void {
    if (this.#isApplying) return;
    const object = [...this.#objects.values()].find((each) => each.hasToApply(nowUs));
    if (object === undefined) return;
    this.#isApplying = true;
    this.#do(object.apply(), () => {
      this.#isApplying = false;
    });
  }

  #beginTransfers(nowUs: number): void {
    const watch = this.#watch;
    if (watch === undefined || this.#isSpent) return;
    for (const object of this.#objects.values()) {
      if (this.#transfers.size >= MAX_TRANSFERS) return;
      const descriptor = object.toReceive(nowUs);
      if (descriptor === undefined) continue;
      const granted = [...this.#transfers.values()].map((rate) => rate ?? 0);
      const share = rateShare(this.#plan.maxRateBitsPerSecond, granted, demandOf(descriptor));
      if (share === 0) continue;
      this.#transfers.set(object, share);
      this.#do(object.receive(watch, share), () => {
        this.#transfers.delete(object);
      });
    }
  }

  #do(work: Promise<void>, after: () => void): void {
    const done = work.then(() => {
      after();
      this.#work.delete(done);
      this.#look();
    });
    this.#work.add(done);
  }

  #isWakeOver(nowUs: number): boolean {
    const { wake, once } = this.#plan;
    if (wake === undefined && !once) return false;
    if (wake !== undefined && nowUs >= this.#wokeUs + wake.forUs) return true;
    if (this.#isSpent) return true;
    return this.#transfers.size === 0 && nowUs >= (this.#heardAllUs ?? Infinity) && !this.#hasMoreToReceive(nowUs);
  }

  /** Whether an object waits for nothing but another one's transfer or program. */
  #hasMoreToReceive(nowUs: number): boolean {
    return [...this.#objects.values()].some((object) => object.toReceive(nowUs) !== undefined);
  }

  /** Bytes of whole packets that were received in this wake. */
  get #packetBytes(): number {
    return [...this.#objects.values()].reduce((sum, { packetBytes }) => sum + packetBytes, 0) - this.#bytesBefore;
  }

  get #isSpent(): boolean {
    const { budgetBytes = Infinity } = this.#plan.wake ?? {};
    return this.#packetBytes >= budgetBytes;
  }

  get #heardAllUs(): number | undefined {
    const watch = this.#watch;
    if (watch === undefined) return undefined;
    const heard = {
      sinceUs: watch.isWaiting ? undefined : this.#openedUs,
      isGenuine: watch.announceIntervalUs > 0,
      announceIntervalUs: watch.announceIntervalUs,
      isUnlisted: this.#isUnlisted,
    };
    return heardAllUs(heard, this.#plan.patienceUs);
  }

  /** When there may be something to do without any event before; undefined: never. */
  #nextLookUs(nowUs: number): number | undefined {
    const { wake, once } = this.#plan;
    const times = [...this.#objects.values()].map(({ dueUs }) => dueUs);
    if (this.#watch === undefined) times.push(this.#nextWakeUs);
    else {
      if (wake !== undefined) times.push(this.#wokeUs + wake.forUs);
      if (wake?.budgetBytes !== undefined && this.#transfers.size > 0) times.push(nowUs + BUDGET_LOOK_US);
      // What is heard first, and an interface that comes back, move the time; neither is told.
      if (wake !== undefined || once) times.push(this.#heardAllUs, nowUs + 1e6);
    }
    const later = times.filter((time) => time !== undefined && time > nowUs) as number[];
    return later.length === 0 ? undefined : Math.min(...later);
  }

  #end(): void {
    this.#isEnding = true;
    this.#cancelLook();
    for (const object of this.#objects.values()) object.end();
    this.#endWake();
  }

  #outcome(): AgentEnd {
    const objects = [...this.#objects.values()];
    const isUnfinished = ({ state }: AgentObject) =>
      state === 'announced' || state === 'receiving' || state === 'verified' || state === 'applying';
    return {
      hasHeard: this.#hasHeard,
      unfinished: objects.filter(isUnfinished).map(({ name }) => name),
      errors: [...this.#refused.errors, ...objects.flatMap(({ error }) => error ?? [])],
    };
  }

  #planOf(name: string): ObjectPlan | undefined {
    return this.#plans.find(({ fits }) => fits(name))?.plan;
  }
}

function demandOf({ channels, symbolBytes, mode }: Descriptor) {
  const rates = channels.map(({ intervalUs }) => rateOf(intervalUs, symbolBytes));
  const top = mode === 'several' ? rates.reduce((sum, rate) => sum + rate, 0) : Math.max(...rates);
  return { topBitsPerSecond: top, lowestBitsPerSecond: Math.min(...rates) };
}
