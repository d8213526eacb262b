import type { LayercastError } from '../base/errors.js';
import { isOffAir, isOnAir, onAirAgainS } from '../receiver/on-air.js';
import { Warnings, warningFor } from '../receiver/warnings.js';
import type { Finding } from '../receiver/watch/findings.js';
import type { Descriptor } from '../wire/descriptor.js';
import { nextWindow, offAirUs, onAirUs, type Window } from './air-times.js';
import type { AgentStateEvent } from './events.js';
import { type HeldVersion, hasBytesOf, heldOf, type ObjectRecord } from './object-record.js';
import { isToCome, type ObjectState } from './object-state.js';
import type { AgentWatch, AgentWorld, ObjectPlan } from './ports.js';
import { Standing } from './standing.js';
import { stateEvent } from './state-event.js';
import { TakeOver } from './take-over.js';
import { Transfer } from './transfer.js';

/** One object on this device: what is known of it, how far its newest version has come, and what is to be done next. */
export class AgentObject {
  readonly name: string;
  readonly plan: ObjectPlan;
  readonly #world: AgentWorld;
  readonly #warnings: Warnings;
  readonly #standing: Standing;
  readonly #transfer: Transfer;
  readonly #takeOver: TakeOver;
  /** The newest version that is announced, if it is one that this device may get. */
  #newest: Descriptor | undefined;
  #isBusy = false;
  /** The version that was the newest one until its server left it out; undefined once another one, or this one again, is announced. */
  #withdrawn: Descriptor | undefined;
  #isEnding = false;
  #told = '';

  constructor(name: string, plan: ObjectPlan, fleet: string, record: ObjectRecord | undefined, world: AgentWorld) {
    this.name = name;
    this.plan = plan;
    this.#world = world;
    this.#warnings = new Warnings((event) => world.emit('warning', { object: name, ...event }));
    const tell = () => this.#tell();
    this.#standing = new Standing(name, record, world.journal, tell);
    this.#transfer = new Transfer(name, plan, this.#standing, world, tell);
    this.#takeOver = new TakeOver({ fleet, object: name, plan }, this.#standing, world, tell);
  }

  get state(): ObjectState {
    if (this.#transfer.isRunning) return 'receiving';
    if (this.#takeOver.isRunning) return 'applying';
    const recorded = this.#standing.record?.state;
    if (recorded === 'verified' || recorded === 'applying') return 'verified';
    if (recorded === 'receiving' || this.#wanted !== undefined) return 'announced';
    return recorded ?? 'idle';
  }

  /** The version whose bytes the output has, as far as the journal knows; undefined if it has none. */
  get held(): HeldVersion | undefined {
    return this.#standing.held;
  }

  /** Versions below this one are refused. */
  get lowestVersion(): number {
    return this.#standing.record?.lowestVersion ?? 0;
  }

  /** The highest version that was verified here or is announced. */
  get knownVersion(): number {
    return Math.max(this.lowestVersion, this.#newest?.version ?? 0);
  }

  /** The last error of a transfer or program, if nothing has gone well since. */
  get error(): LayercastError | undefined {
    return this.#standing.error;
  }

  /** Bytes of whole packets that all transfers of the object have received. */
  get packetBytes(): number {
    return this.#transfer.packetBytes;
  }

  /** When the object can go on at the earliest; undefined while there is nothing to do, or it is being done. */
  get dueUs(): number | undefined {
    if (this.#isBusy || this.#isEnding) return undefined;
    const wanted = this.#wanted;
    const receiveUs = wanted && Math.max(this.#transfer.notBeforeUs, onAirUs(wanted, this.#world.clock));
    return this.#takeOver.dueUs ?? receiveUs;
  }

  /** The version to receive now; undefined if there is none, or it is not time. */
  toReceive(nowUs: number): Descriptor | undefined {
    if (this.#isBusy || this.#isEnding || nowUs < this.#transfer.notBeforeUs) return undefined;
    const wanted = this.#wanted;
    if (wanted === undefined || this.#takeOver.isDue(nowUs)) return undefined;
    return isOnAir(wanted, this.#world.clock.wallUs() / 1e6) ? wanted : undefined;
  }

  /** The next window in which servers send the newest version; undefined if they always do, or no version is known. */
  get nextWindow(): Window | undefined {
    return this.#newest && nextWindow(this.#newest, this.#world.clock);
  }

  /** When the transfer under way ends because nothing is sent any more; undefined: not for that reason. */
  get offAirUs(): number | undefined {
    const { isRunning, isBoundToAir } = this.#transfer;
    return isRunning && isBoundToAir && this.#newest ? offAirUs(this.#newest, this.#world.clock) : undefined;
  }

  /** Whether the program is to be run now. */
  hasToApply(nowUs: number): boolean {
    return !this.#isBusy && !this.#isEnding && this.#takeOver.isDue(nowUs);
  }

  /** Lets a new wake try at once what failed in an earlier one. */
  wake(): void {
    this.#transfer.retry();
  }

  /** Has a version that failed tried once more. */
  async retry(): Promise<void> {
    if (this.#standing.record?.state !== 'failed') return;
    await this.#standing.save({ state: 'verified', attempts: 0, interrupted: 0 });
  }

  /** Takes what was found of the object. */
  hear(finding: Finding): void {
    const { kind, descriptor } = finding;
    if (kind === 'newest' || kind === 'renewed') this.#hearOf(descriptor, finding);
    else if (kind === 'unlisted') this.#warnings.noteUnlisted(finding.refusal!.message);
    else if (kind === 'withdrawn') this.#withdraw(finding);
    else {
      const warning = warningFor(finding);
      if (warning !== undefined) this.#warnings.warn(warning);
      if (kind === 'revoked') this.#revoke(finding);
    }
    this.#tell();
  }

  /** Receives the newest version. Never rejects: `state` and `error` say how it went. */
  async receive(watch: AgentWatch, maxRateBitsPerSecond: number | undefined): Promise<void> {
    const descriptor = this.#wanted;
    if (descriptor === undefined || this.#isBusy) return;
    this.#isBusy = true;
    if (await this.#transfer.run(descriptor, () => this.#newest, watch, maxRateBitsPerSecond)) this.#takeOver.expect();
    else if (this.#newest === undefined && this.#withdrawn !== undefined) {
      this.#warnWithdrawn(this.#withdrawn);
      await this.#giveUp();
    }
    this.#isBusy = false;
    this.#tell();
  }

  /** Has the version taken over. Never rejects. */
  async apply(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    await this.#takeOver.run();
    this.#isBusy = false;
    this.#tell();
  }

  /** As `Standing.age`; the file, and what was received of a newer version, go with it. @throws {LayercastError} what is wrong with the disk */
  async age(passedUs: number, afterUs: number): Promise<void> {
    if (this.#isBusy || this.#isEnding) return;
    const isAnnounced = this.#newest !== undefined;
    const { path } = this.#transfer;
    this.#isBusy = true;
    try {
      await this.#standing.age({ isAnnounced, passedUs, afterUs }, async () => {
        if (path !== undefined) await this.#world.discard?.(this.name, path);
      });
    } finally {
      this.#isBusy = false;
    }
  }

  /** Ends the transfer under way if nothing is sent any more. */
  keepToSchedule(): void {
    if (!this.#transfer.isBoundToAir || this.#newest === undefined) return;
    if (isOffAir(this.#newest, this.#world.clock.wallUs() / 1e6)) this.pause();
  }

  /** Ends the transfer under way; progress is kept. */
  pause(): void {
    this.#transfer.pause();
  }

  /** Ends the transfer and the program under way, and begins nothing more. */
  end(): void {
    this.#isEnding = true;
    this.#transfer.end();
    this.#takeOver.end();
  }

  /** The state for programs and people; undefined while nothing is known of the object. */
  describe(): AgentStateEvent | undefined {
    const { state } = this;
    const isNext = isToCome(state) && this.#newest !== undefined;
    const { record } = this.#standing;
    // Where the journal says nothing, what was announced and withdrawn is all that is known.
    const known = isNext ? this.#newest : record === undefined ? this.#withdrawn : undefined;
    const held = known === undefined ? record?.target : heldOf(known, this.#transfer.path);
    if (held === undefined) return undefined;
    const waitUs = Math.max(0, (this.dueUs ?? 0) - this.#world.clock.nowUs());
    const sentAgainS = isNext ? onAirAgainS(this.#newest!, this.#world.clock.wallUs() / 1e6) : undefined;
    return stateEvent(this.name, state, held, this.#standing, { waitUs, sentAgainS });
  }

  /** The newest version, if it is to be received. */
  get #wanted(): Descriptor | undefined {
    const newest = this.#newest;
    const { record } = this.#standing;
    if (newest === undefined || record === undefined) return newest;
    if (newest.version > record.lowestVersion) return newest;
    // The owner of the device wants the file in another place.
    const isElsewhere = record.state === 'applied' && record.target.path !== this.#transfer.path;
    return isElsewhere && hasBytesOf(newest, record.target) ? newest : undefined;
  }

  #hearOf(descriptor: Descriptor, finding: Finding): void {
    const known = this.#newest;
    if (known !== undefined && descriptor.version < known.version) return;
    const isAgain = known?.version === descriptor.version;
    const { record } = this.#standing;
    const held = isAgain ? heldOf(known, this.#transfer.path) : record?.target;
    const isHeld = record !== undefined && record.state !== 'receiving' && record.state !== 'idle';
    if ((isAgain || isHeld) && held?.version === descriptor.version && !hasBytesOf(descriptor, held)) {
      this.#warnings.warn(warningFor({ ...finding, kind: 'conflict' })!);
      return;
    }
    this.#newest = descriptor;
    this.#withdrawn = undefined;
    if (!isAgain) this.#transfer.expect();
    this.#transfer.follow({ ...finding, kind: isAgain ? 'renewed' : 'newest' });
  }

  #revoke(finding: Finding): void {
    if (this.#newest?.version === finding.descriptor.version) this.#newest = undefined;
    this.#transfer.follow(finding);
  }

  /**
   * Gives up a version that servers send no more. While servers of the web may bring the rest, or nothing is missing, it goes on, and a version that
   * the device has already is no loss.
   */
  #withdraw({ descriptor }: Finding): void {
    const isWanted = this.#wanted !== undefined;
    const { hasEnough } = this.#transfer;
    if (this.#newest?.version !== descriptor.version) return;
    if (isWanted && !hasEnough) this.#warnWithdrawn(descriptor);
    if (isWanted && !this.#transfer.isBoundToAir) return;
    this.#newest = undefined;
    this.#withdrawn = descriptor;
    // What is busy with it gives it up when it has stopped.
    if (!this.#isBusy) void this.#giveUpNow();
    else if (!hasEnough) this.pause();
  }

  #warnWithdrawn(descriptor: Descriptor): void {
    this.#warnings.warn(warningFor({ kind: 'withdrawn', descriptor })!);
  }

  async #giveUpNow(): Promise<void> {
    this.#isBusy = true;
    await this.#giveUp();
    this.#isBusy = false;
    this.#tell();
  }

  /** If the journal cannot be written, it goes on saying that the version is being received; nothing is lost by that. */
  async #giveUp(): Promise<void> {
    await this.#standing.giveUp().catch(() => undefined);
  }

  /** Tells the state, if it has changed since it was told last. */
  #tell(): void {
    const event = this.describe();
    if (event === undefined) return;
    const { state, version, message, nextSentAt } = event;
    const key = `${state} ${version} ${message} ${nextSentAt}`;
    if (key === this.#told) return;
    this.#told = key;
    this.#world.emit('state', event);
  }
}
