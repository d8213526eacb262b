import { asLayercastError, LayercastError } from '../base/errors.js';
import type { OutputTarget } from '../options/output-target.js';
import { Warnings, warningFor } from '../receiver/endings.js';
import type { Finding } from '../receiver/watch/findings.js';
import type { Descriptor } from '../wire/descriptor.js';
import { backOffUs, PROGRAM_BACK_OFF, TRANSFER_BACK_OFF } from './back-off.js';
import type { AgentStateEvent } from './events.js';
import type { HeldVersion, ObjectRecord } from './object-record.js';
import { Lwm2mResult, lwm2mResultOf, lwm2mStateOf, type ObjectState } from './object-state.js';
import { outputFor, pathOf, placeFor } from './planned-output.js';
import type { AgentWatch, AgentWorld, ObjectPlan, Reception, RunningProgram } from './ports.js';
import { meaningOf, programError } from './program-end.js';

/** A version whose program the device does not survive this often is given up, so that it cannot be a loop of reboots. */
const MAX_INTERRUPTED = 10;

/** Why a transfer is stopped that goes on later: the wake is over, or the agent ends. */
export class Paused extends Error {}

/** One object on this device: what is known of it, how far its newest version has come, and what is to be done next. */
export class AgentObject {
  readonly name: string;
  readonly plan: ObjectPlan;
  readonly #output: OutputTarget;
  /** Where the versions lie; undefined for a command that takes the bytes. */
  readonly #path: string | undefined;
  readonly #fleet: string;
  readonly #world: AgentWorld;
  readonly #warnings: Warnings;
  #record: ObjectRecord | undefined;
  /** The newest version that is announced, if it is one that this device may get. */
  #newest: Descriptor | undefined;
  #reception: Reception | undefined;
  /** What the transfers received that have ended. */
  #endedBytes = 0;
  #program: RunningProgram | undefined;
  #isBusy = false;
  #isEnding = false;
  /** Whether this process has seen that the file has the bytes of the record's version. */
  #isChecked = false;
  #failureCount = 0;
  #transferNotBeforeUs = 0;
  #programNotBeforeUs = 0;
  #result: number;
  #error: LayercastError | undefined;
  #told = '';

  constructor(name: string, plan: ObjectPlan, fleet: string, record: ObjectRecord | undefined, world: AgentWorld) {
    this.name = name;
    this.plan = plan;
    this.#output = outputFor(plan.output, name);
    this.#path = pathOf(this.#output);
    this.#fleet = fleet;
    this.#world = world;
    this.#warnings = new Warnings((event) => world.emit('warning', { object: name, ...event }));
    this.#record = record?.state === 'applying' ? { ...record, interrupted: record.interrupted + 1 } : record;
    this.#result = resultOf(record);
  }

  get state(): ObjectState {
    if (this.#reception !== undefined) return 'receiving';
    if (this.#program !== undefined) return 'applying';
    const recorded = this.#record?.state;
    if (recorded === 'verified' || recorded === 'applying') return 'verified';
    if (recorded === 'receiving' || this.#wanted !== undefined) return 'announced';
    return recorded ?? 'idle';
  }

  /** The version that was taken over last. */
  get applied(): HeldVersion | undefined {
    return this.#record?.applied;
  }

  /** Versions below this one are refused. */
  get lowestVersion(): number {
    return this.#record?.lowestVersion ?? 0;
  }

  /** The highest version that was verified here or is announced. */
  get knownVersion(): number {
    return Math.max(this.lowestVersion, this.#newest?.version ?? 0);
  }

  /** The last error of a transfer or program, if nothing has gone well since. */
  get error(): LayercastError | undefined {
    return this.#error;
  }

  /** Bytes of whole packets that all transfers of the object have received. */
  get packetBytes(): number {
    return this.#endedBytes + (this.#reception?.packetBytes ?? 0);
  }

  /** When the object can go on at the earliest; undefined while there is nothing to do, or it is being done. */
  get dueUs(): number | undefined {
    if (this.#isBusy || this.#isEnding) return undefined;
    if (this.#hasProgramToRun) return this.#programNotBeforeUs;
    return this.#wanted === undefined ? undefined : this.#transferNotBeforeUs;
  }

  /** The version to receive now; undefined if there is none, or it is not time. */
  toReceive(nowUs: number): Descriptor | undefined {
    if (this.#isBusy || this.#isEnding || nowUs < this.#transferNotBeforeUs) return undefined;
    return this.#hasProgramToRun && nowUs >= this.#programNotBeforeUs ? undefined : this.#wanted;
  }

  /** Whether the program is to be run now. */
  hasToApply(nowUs: number): boolean {
    return !this.#isBusy && !this.#isEnding && this.#hasProgramToRun && nowUs >= this.#programNotBeforeUs;
  }

  /** Lets a new wake try at once what failed in an earlier one. */
  wake(): void {
    this.#transferNotBeforeUs = 0;
  }

  /** Has a version that failed tried once more. */
  async retry(): Promise<void> {
    if (this.#record?.state === 'failed') await this.#save({ state: 'verified', attempts: 0, interrupted: 0 });
  }

  /** Takes what was found of the object. */
  hear(finding: Finding): void {
    const { kind, descriptor } = finding;
    if (kind === 'newest' || kind === 'renewed') this.#hearOf(descriptor, finding);
    else if (kind === 'unlisted') this.#warnings.noteUnlisted(finding.refusal!.message);
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
    try {
      const target = heldOf(descriptor, this.#path);
      await this.#save({ state: 'receiving', target, attempts: 0, interrupted: 0 });
      if (this.#isEnding) throw new Paused();
      const { seeds = [], fill = [] } = this.plan;
      const places = (texts: readonly string[]) => texts.map((text) => placeFor(text, this.name));
      const from = { descriptor: this.#newest ?? descriptor, seeds: places(seeds), fill: places(fill), watch };
      const request = { ...from, output: this.#output, maxRateBitsPerSecond };
      this.#reception = this.#world.receive(request);
      this.#result = Lwm2mResult.initial;
      this.#error = undefined;
      this.#tell();
      const held = await this.#reception.done;
      this.#endTransfer();
      this.#isChecked = true;
      this.#failureCount = 0;
      await this.#save({ state: 'verified', target: held, lowestVersion: held.version });
      this.#programNotBeforeUs = 0;
    } catch (error) {
      this.#endTransfer();
      if (!(error instanceof Paused)) this.#failTransfer(error);
    } finally {
      this.#isBusy = false;
      this.#tell();
    }
  }

  /** Has the version taken over. Never rejects. */
  async apply(): Promise<void> {
    const record = this.#record;
    if (record === undefined || this.#isBusy) return;
    this.#isBusy = true;
    try {
      if (!(this.#isChecked || (await this.#world.holds(record.target)))) await this.#beginAnew(record);
      else if (record.interrupted >= MAX_INTERRUPTED) {
        await this.#fail(diedTooOften(this.#what, record.interrupted));
      } else if (this.plan.run === undefined) await this.#succeed();
      else await this.#runProgram(this.plan.run, record);
    } catch (error) {
      // The journal cannot be written: nothing was begun that it does not know of, and the next try may find room.
      this.#tryAgain(asLayercastError(error));
    } finally {
      this.#isBusy = false;
      this.#tell();
    }
  }

  /** Ends the transfer under way; progress is kept. */
  pause(): void {
    this.#reception?.stop(new Paused());
  }

  /** Ends the transfer and the program under way, and begins nothing more. */
  end(): void {
    this.#isEnding = true;
    this.pause();
    this.#program?.stop();
  }

  get #hasProgramToRun(): boolean {
    return this.#record?.state === 'verified' || this.#record?.state === 'applying';
  }

  /** The newest version, if it is to be received. */
  get #wanted(): Descriptor | undefined {
    const [newest, record] = [this.#newest, this.#record];
    if (newest === undefined || record === undefined) return newest;
    if (newest.version > record.lowestVersion) return newest;
    // The owner of the device wants the file in another place.
    const isElsewhere = record.state === 'applied' && record.target.path !== this.#path;
    return isElsewhere && isSame(newest, record.target) ? newest : undefined;
  }

  #hearOf(descriptor: Descriptor, finding: Finding): void {
    const known = this.#newest;
    if (known !== undefined && descriptor.version < known.version) return;
    const isAgain = known?.version === descriptor.version;
    const held = isAgain ? heldOf(known, this.#path) : this.#record?.target;
    const isHeld = this.#record !== undefined && this.#record.state !== 'receiving';
    if ((isAgain || isHeld) && held?.version === descriptor.version && !isSame(descriptor, held)) {
      this.#warnings.warn(warningFor({ ...finding, kind: 'conflict' })!);
      return;
    }
    this.#newest = descriptor;
    if (!isAgain) {
      this.#failureCount = 0;
      this.#transferNotBeforeUs = 0;
    }
    this.#reception?.follow({ ...finding, kind: isAgain ? 'renewed' : 'newest' });
  }

  #revoke(finding: Finding): void {
    if (this.#newest?.version === finding.descriptor.version) this.#newest = undefined;
    this.#reception?.follow(finding);
  }

  #endTransfer(): void {
    this.#endedBytes = this.packetBytes;
    this.#reception = undefined;
  }

  #failTransfer(error: unknown): void {
    const { random, clock } = this.#world;
    this.#error = asLayercastError(error);
    this.#result = lwm2mResultOf(this.#error.code);
    this.#failureCount++;
    this.#transferNotBeforeUs = clock.nowUs() + backOffUs(TRANSFER_BACK_OFF, this.#failureCount, random());
  }

  async #runProgram(command: readonly string[], { target, applied, attempts }: ObjectRecord): Promise<void> {
    await this.#save({ state: 'applying', attempts: attempts + 1 });
    if (this.#isEnding) return;
    this.#world.emit('program', {
      object: this.name,
      version: target.version,
      attempt: attempts + 1,
      program: command[0]!,
    });
    const program = this.#world.runProgram({
      command,
      fleet: this.#fleet,
      object: this.name,
      target,
      previousVersion: applied?.version,
      attempt: attempts + 1,
      timeoutUs: this.plan.timeoutUs,
    });
    this.#program = program;
    this.#tell();
    const end = await program.done;
    this.#program = undefined;
    const meaning = meaningOf(end);
    if (meaning === 'applied') await this.#succeed();
    // A program that was ended with the agent has not failed; the next start runs it again.
    else if (this.#isEnding) await this.#save({ state: 'verified' });
    else if (meaning === 'failed') await this.#fail(programError(this.#what, end));
    else {
      await this.#save({ state: 'verified' });
      this.#tryAgain(programError(this.#what, end));
    }
  }

  async #succeed(): Promise<void> {
    await this.#save({ state: 'applied', applied: this.#record!.target });
    this.#result = Lwm2mResult.success;
    this.#error = undefined;
  }

  async #fail(error: LayercastError): Promise<void> {
    await this.#save({ state: 'failed' });
    this.#result = Lwm2mResult.updateFailed;
    this.#error = error;
  }

  #tryAgain(error: LayercastError): void {
    const { clock, random } = this.#world;
    const waitUs = backOffUs(PROGRAM_BACK_OFF, Math.max(1, this.#record!.attempts), random());
    this.#programNotBeforeUs = clock.nowUs() + waitUs;
    this.#error = error;
  }

  get #what(): string {
    return `${this.name} version ${this.#record!.target.version}`;
  }

  /** The file is gone or has changed since it was verified. */
  async #beginAnew({ target }: ObjectRecord): Promise<void> {
    await this.#save({ state: 'receiving', attempts: 0, interrupted: 0, lowestVersion: target.version - 1 });
  }

  async #save(change: Partial<ObjectRecord>): Promise<void> {
    const before = this.#record ?? newRecord(this.name, change.target!);
    const record = { ...before, ...change };
    await this.#world.journal.save(record);
    this.#record = record;
    this.#tell();
  }

  /** Tells the state, if it has changed since it was told last. */
  #tell(): void {
    const event = this.describe();
    if (event === undefined) return;
    const { state, version, message } = event;
    const key = `${state} ${version} ${message}`;
    if (key === this.#told) return;
    this.#told = key;
    this.#world.emit('state', event);
  }

  /** The state for programs and people; undefined while nothing is known of the object. */
  describe(): AgentStateEvent | undefined {
    const { state } = this;
    const record = this.#record;
    const isNext = state === 'announced' || state === 'receiving';
    const newest = isNext && this.#newest !== undefined ? heldOf(this.#newest, this.#path) : record?.target;
    if (newest === undefined) return undefined;
    const dueUs = this.dueUs ?? 0;
    const nowUs = this.#world.clock.nowUs();
    return {
      object: this.name,
      version: newest.version,
      state,
      lwm2mState: lwm2mStateOf(state),
      lwm2mResult: this.#result,
      bytes: newest.sizeBytes,
      sha256: newest.sha256,
      ...(isNext || newest.path === undefined ? {} : { path: newest.path }),
      ...(record?.applied === undefined ? {} : { appliedVersion: record.applied.version }),
      ...(this.#error === undefined ? {} : { message: this.#error.message }),
      ...(this.#error === undefined || dueUs <= nowUs ? {} : { retryMs: Math.ceil((dueUs - nowUs) / 1000) }),
    };
  }
}

function newRecord(object: string, target: HeldVersion): ObjectRecord {
  return { object, state: 'receiving', target, attempts: 0, interrupted: 0, lowestVersion: 0, applied: undefined };
}

function heldOf({ version, sha256, sizeBytes }: Descriptor, path: string | undefined): HeldVersion {
  return { version, sha256: Buffer.from(sha256).toString('hex'), sizeBytes, path };
}

function isSame({ sha256, sizeBytes }: Descriptor, held: HeldVersion): boolean {
  return held.sizeBytes === sizeBytes && held.sha256 === Buffer.from(sha256).toString('hex');
}

function resultOf(record: ObjectRecord | undefined): number {
  if (record?.state === 'applied') return Lwm2mResult.success;
  return record?.state === 'failed' ? Lwm2mResult.updateFailed : Lwm2mResult.initial;
}

function diedTooOften(what: string, count: number): LayercastError {
  return new LayercastError('PROGRAM_FAILED', `${what}: the agent died ${count} times while the program ran`, {
    hint: 'Find out why the device does not survive the program; then publish a higher version, or use the option retry',
  });
}
