import { backOffUs } from '../base/back-off.js';
import { asLayercastError } from '../base/errors.js';
import type { OutputTarget } from '../options/output-target.js';
import type { Finding } from '../receiver/watch/findings.js';
import type { Descriptor } from '../wire/descriptor.js';
import { TRANSFER_BACK_OFF } from './back-off.js';
import { heldOf, type ObjectRecord } from './object-record.js';
import { outputFor, pathOf, placeFor } from './planned-output.js';
import type { AgentWatch, AgentWorld, ObjectPlan, RunningPursuit } from './ports.js';
import type { Standing } from './standing.js';

/** Why a transfer is stopped that goes on later: the wake is over, or the agent ends. */
class Paused extends Error {}

/** Receives versions of one object, one at a time; after a failure again, and later each time. */
export class Transfer {
  /** Where the versions lie; undefined for a command that takes the bytes. */
  readonly path: string | undefined;
  readonly #object: string;
  readonly #plan: ObjectPlan;
  readonly #output: OutputTarget;
  readonly #standing: Standing;
  readonly #world: AgentWorld;
  readonly #onStart: () => void;
  #pursuit: RunningPursuit | undefined;
  /** What the transfers received that have ended. */
  #endedBytes = 0;
  #failureCount = 0;
  #notBeforeUs = 0;
  #isEnding = false;
  /** Whether the transfer that is about to begin is not to begin. */
  #isPausing = false;

  /** @param onStart is called when a transfer has been started */
  constructor(object: string, plan: ObjectPlan, standing: Standing, world: AgentWorld, onStart: () => void) {
    this.#object = object;
    this.#plan = plan;
    this.#output = outputFor(plan.output, object);
    this.path = pathOf(this.#output);
    this.#standing = standing;
    this.#world = world;
    this.#onStart = onStart;
  }

  get isRunning(): boolean {
    return this.#pursuit !== undefined;
  }

  /** Whether only multicast brings bytes: servers of the web may bring the rest while nothing is sent. */
  get isBoundToAir(): boolean {
    return (this.#plan.fill ?? []).length === 0;
  }

  /** Whether the transfer under way needs nothing more of servers, unless a part turns out wrong. */
  get hasEnough(): boolean {
    return this.#pursuit?.hasEnough ?? false;
  }

  /** Bytes of whole packets that all transfers of the object have received. */
  get packetBytes(): number {
    return this.#endedBytes + (this.#pursuit?.packetBytes ?? 0);
  }

  /** A transfer may begin at this time at the earliest. */
  get notBeforeUs(): number {
    return this.#notBeforeUs;
  }

  /** Lets the next transfer begin at once, though one has failed. */
  retry(): void {
    this.#notBeforeUs = 0;
  }

  /** A version has come that was not tried yet: failures of older ones do not count. */
  expect(): void {
    this.#failureCount = 0;
    this.#notBeforeUs = 0;
  }

  /** Tells the transfer under way what was found of the object. */
  follow(finding: Finding): void {
    this.#pursuit?.follow(finding);
  }

  /**
   * Receives a version. Never rejects: the standing says how it went.
   *
   * @param newest the newest version that is announced, as the transfer starts: it may have changed since it was chosen
   * @returns whether a version was verified
   */
  async run(
    wanted: Descriptor,
    newest: () => Descriptor | undefined,
    watch: AgentWatch,
    maxRateBitsPerSecond: number | undefined,
  ): Promise<boolean> {
    this.#isPausing = false;
    try {
      const target = heldOf(wanted, this.path);
      await this.#standing.save({ state: 'receiving', target, unannouncedUs: undefined, ...this.#stillWanted() });
      if (this.#isEnding || this.#isPausing) throw new Paused();
      const { seeds = [], fill = [], contentKey } = this.#plan;
      const places = (texts: readonly string[]) => texts.map((text) => placeFor(text, this.#object));
      const from = { descriptor: newest() ?? wanted, seeds: places(seeds), fill: places(fill), contentKey, watch };
      this.#pursuit = this.#world.receive({ ...from, output: this.#output, maxRateBitsPerSecond });
      this.#standing.begin();
      this.#onStart();
      const held = await this.#pursuit.done;
      this.#conclude();
      this.#standing.isChecked = true;
      this.#failureCount = 0;
      await this.#standing.save({ state: 'verified', target: held, lowestVersion: held.version });
      return true;
    } catch (error) {
      this.#conclude();
      if (!(error instanceof Paused)) this.#fail(error);
      return false;
    }
  }

  /** Ends the transfer under way, also one that is about to begin; progress is kept. */
  pause(): void {
    this.#isPausing = true;
    this.#pursuit?.stop(new Paused());
  }

  /** Ends the transfer under way, and begins none any more. */
  end(): void {
    this.#isEnding = true;
    this.pause();
  }

  /** A version that waits for its program is left for a newer one. If that is withdrawn, the older one is taken over when it is announced again. */
  #stillWanted(): Partial<ObjectRecord> {
    const { state, target } = this.#standing.record ?? {};
    return state === 'verified' || state === 'applying' ? { lowestVersion: target!.version - 1 } : {};
  }

  #conclude(): void {
    this.#endedBytes = this.packetBytes;
    this.#pursuit = undefined;
  }

  #fail(error: unknown): void {
    const { random, clock } = this.#world;
    this.#standing.failTransfer(asLayercastError(error));
    this.#failureCount++;
    this.#notBeforeUs = clock.nowUs() + backOffUs(TRANSFER_BACK_OFF, this.#failureCount, random());
  }
}
