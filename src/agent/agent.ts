import type { Finding } from '../receiver/watch/findings.js';
import type { AgentEnd, AgentPlan, AgentStatus, HeldObject } from './agent-plan.js';
import { DeviceObjects } from './device-objects.js';
import { DroppedObjects } from './dropped-objects.js';
import type { AgentWatch, AgentWorld } from './ports.js';
import { SharedWork } from './shared-work.js';
import { Sleep } from './sleep.js';
import { Wake } from './wake.js';

/**
 * Keeps the objects of one device at their newest versions: wakes and listens, receives what is newer, and has it taken over. It has one
 * watch for all objects; each object decides for itself, and the agent shares out transfers, rate and programs.
 */
export class Agent {
  readonly #plan: AgentPlan;
  readonly #world: AgentWorld;
  readonly #objects: DeviceObjects;
  readonly #work: SharedWork;
  /** Undefined while the agent sleeps. */
  #wake: Wake | undefined;
  #wokeUs = 0;
  /** What all transfers had received when this wake began. */
  #bytesBefore = 0;
  #isEnding = false;
  /** Whether somebody has said that no transfer and no program may begin. */
  #isPaused = false;
  #endWake: () => void = () => undefined;
  #cancelLook: () => void = () => undefined;
  /** Undefined while the agent is awake. */
  #sleep: Sleep | undefined;
  /** Whether somebody wanted news while the agent left its group: it does not sleep then. */
  #isCalled = false;

  constructor(plan: AgentPlan, world: AgentWorld) {
    this.#plan = plan;
    this.#world = world;
    this.#objects = new DeviceObjects(plan, world);
    this.#work = new SharedWork(plan.maxRateBitsPerSecond, () => this.#look());
  }

  status(): AgentStatus {
    return {
      fleet: this.#plan.fleet,
      isAwake: this.#wake !== undefined,
      isPaused: this.#isPaused,
      nextWakeUs: this.#sleep?.untilUs,
      objects: this.#objects.describe(),
    };
  }

  /** The versions whose bytes the outputs have, as far as the journal knows. */
  held(): readonly HeldObject[] {
    return [...this.#objects].flatMap(({ name, held }) => (held === undefined ? [] : { object: name, ...held }));
  }

  /** Listens for all that is announced: wakes if the agent sleeps, and listens for longer if it is awake. Tries at once what waits for its next try. */
  fetchNow(): void {
    for (const object of this.#objects) object.wake();
    if (this.#sleep !== undefined) this.#endWake();
    else {
      if (this.#wake === undefined) this.#isCalled = true;
      this.#wake?.listenAnew(this.#world.clock.nowUs());
      this.#look();
    }
  }

  /** Ends transfers and begins none, and no programs, until `resume`. A program that is running goes on. */
  pause(): void {
    this.#isPaused = true;
    this.#work.pauseTransfers();
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.#isPaused = false;
    this.#look();
  }

  /**
   * Works until the signal is aborted, or with `once` until one wake is over and everything that it brought is taken over.
   * @throws {LayercastError} when the journal cannot be read, or the network cannot be listened to
   */
  async run(signal: AbortSignal): Promise<AgentEnd> {
    await this.#objects.load(this.#plan.retry);
    this.#world.emit('start', { fleet: this.#plan.fleet, objects: this.#objects.size });
    const dropped = new DroppedObjects(this.#objects, this.#plan.forgetAfterUs, this.#world.clock, () => this.#look());
    dropped.start();
    this.#look();
    const stop = () => this.#end();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      while (!this.#isEnding) {
        await this.#listen();
        if (this.#isCalled && !this.#plan.once) continue;
        const sleep = this.#planSleep();
        if (this.#plan.once) break;
        if (sleep?.untilUs !== undefined) await this.#untilWoken();
      }
      await this.#work.idle();
      return this.#objects.outcome();
    } finally {
      this.#end();
      await this.#work.settled();
      await dropped.stop();
      this.#cancelLook();
      signal.removeEventListener('abort', stop);
    }
  }

  /** Listens until the wake is over. */
  async #listen(): Promise<void> {
    const { clock, openWatch, emit } = this.#world;
    this.#bytesBefore = this.#objects.packetBytes;
    this.#sleep = undefined;
    emit('wake', {});
    for (const object of this.#objects) object.wake();
    const watch = await openWatch((object) => this.#objects.lowestVersionOf(object));
    const wake = new Wake(watch, this.#plan, clock.nowUs(), () => this.#hasSchedule);
    this.#wokeUs = wake.wokeUs;
    this.#wake = wake;
    this.#isCalled = false;
    const following = this.#follow(watch, wake);
    try {
      if (!this.#isEnding) await this.#untilWoken();
    } finally {
      this.#wake = undefined;
      this.#work.pauseTransfers();
      await watch.close();
      await following;
    }
  }

  /** Says when the next wake is; undefined if the agent does not sleep. */
  #planSleep(): Sleep | undefined {
    const { clock, random, emit } = this.#world;
    const { wake, once } = this.#plan;
    if ((wake === undefined && !once) || this.#isEnding) return undefined;
    const sleep = new Sleep(this.#plan, this.#objects, this.#wokeUs, clock, random());
    this.#sleep = sleep;
    const { untilUs } = sleep;
    if (untilUs === undefined) return undefined;
    const nextWakeMs = Math.round((untilUs - clock.nowUs()) / 1000);
    const nextWakeAt = new Date(clock.wallUs() / 1000 + nextWakeMs).toISOString();
    emit('sleep', { nextWakeMs, nextWakeAt, packetBytes: this.#packetBytes });
    return sleep;
  }

  /** Resolves when the wake or the sleep is over. */
  async #untilWoken(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#endWake = resolve;
      this.#look();
    });
  }

  async #follow(watch: AgentWatch, wake: Wake): Promise<void> {
    for await (const finding of watch) this.#hear(finding, wake);
  }

  #hear(finding: Finding, wake: Wake): void {
    if (!this.#objects.hear(finding)) return;
    if (finding.kind === 'unlisted') wake.noteUnlisted();
    this.#look();
  }

  /** Begins what can begin now, and looks again when more can. */
  #look(): void {
    this.#cancelLook();
    if (this.#isEnding) return;
    const nowUs = this.#world.clock.nowUs();
    const wake = this.#wake;
    wake?.look(nowUs);
    this.#sleep?.look();
    for (const object of this.#objects) object.keepToSchedule();
    if (!this.#isPaused) this.#work.beginProgram(this.#objects, nowUs);
    if (wake !== undefined && !this.#isPaused && !wake.isSpent(this.#packetBytes)) {
      this.#work.beginTransfers(this.#objects, wake.watch, nowUs);
    }
    if (this.#isOver(nowUs)) this.#endWake();
    else this.#lookAt(this.#nextLookUs(nowUs));
  }

  #lookAt(atUs: number | undefined): void {
    if (atUs === undefined) return;
    this.#cancelLook = this.#world.clock.schedule(atUs, () => this.#look());
  }

  /** Whether the wake or the sleep is over. */
  #isOver(nowUs: number): boolean {
    if (this.#wake === undefined) return nowUs >= (this.#sleep?.untilUs ?? Infinity);
    const isAtWork = this.#work.isTransferring || (!this.#isPaused && this.#hasMoreToReceive(nowUs));
    return this.#wake.isOver(nowUs, this.#packetBytes, isAtWork);
  }

  /** Whether it is known when anything is sent next. */
  get #hasSchedule(): boolean {
    return [...this.#objects].some(({ nextWindow }) => nextWindow !== undefined);
  }

  /** Whether an object waits for nothing but another one's transfer or program. */
  #hasMoreToReceive(nowUs: number): boolean {
    return [...this.#objects].some((object) => object.toReceive(nowUs) !== undefined);
  }

  /** Bytes of whole packets that were received in this wake. */
  get #packetBytes(): number {
    return this.#objects.packetBytes - this.#bytesBefore;
  }

  /** When there may be something to do without any event before; undefined: never. */
  #nextLookUs(nowUs: number): number | undefined {
    const wakeTimes = this.#wake?.nextLooksUs(nowUs, this.#work.isTransferring) ?? [this.#sleep?.nextLookUs(nowUs)];
    const times = [...[...this.#objects].flatMap(({ dueUs, offAirUs }) => [dueUs, offAirUs]), ...wakeTimes];
    const later = times.filter((time) => time !== undefined && time > nowUs) as number[];
    return later.length === 0 ? undefined : Math.min(...later);
  }

  #end(): void {
    this.#isEnding = true;
    this.#cancelLook();
    for (const object of this.#objects) object.end();
    this.#endWake();
  }
}
