import { backOffUs } from '../base/back-off.js';
import { asLayercastError, LayercastError } from '../base/errors.js';
import { PROGRAM_BACK_OFF } from './back-off.js';
import type { ObjectRecord } from './object-record.js';
import type { AgentWorld, ObjectPlan, RunningProgram } from './ports.js';
import { meaningOf, programError } from './program-end.js';
import type { Standing } from './standing.js';

/** A version whose program the agent does not outlast this often is given up, so that it cannot be a loop of reboots. */
const MAX_INTERRUPTED = 10;

/** What the taking over of an object's versions belongs to. */
export interface TakeOverOf {
  readonly fleet: string;
  readonly object: string;
  readonly plan: ObjectPlan;
}

/** Has verified versions of one object taken over by the device's program: at least once, again after "later", and never in a loop. */
export class TakeOver {
  readonly #of: TakeOverOf;
  readonly #standing: Standing;
  readonly #world: AgentWorld;
  readonly #onStart: () => void;
  #program: RunningProgram | undefined;
  #notBeforeUs = 0;
  #isEnding = false;

  /** @param onStart is called when the program has been started */
  constructor(of: TakeOverOf, standing: Standing, world: AgentWorld, onStart: () => void) {
    this.#of = of;
    this.#standing = standing;
    this.#world = world;
    this.#onStart = onStart;
  }

  get isRunning(): boolean {
    return this.#program !== undefined;
  }

  /** When the program is to be run; undefined while no version waits for it. */
  get dueUs(): number | undefined {
    const state = this.#standing.record?.state;
    return state === 'verified' || state === 'applying' ? this.#notBeforeUs : undefined;
  }

  /** Whether the program is to be run now. */
  isDue(nowUs: number): boolean {
    return nowUs >= (this.dueUs ?? Infinity);
  }

  /** A version has just been verified: it is taken over at once, whatever an older one had to wait for. */
  expect(): void {
    this.#notBeforeUs = 0;
  }

  /** Has the version taken over. Never rejects: the standing says how it went. */
  async run(): Promise<void> {
    const { record, isChecked } = this.#standing;
    if (record === undefined) return;
    const { run, contentKey } = this.#of.plan;
    try {
      if (!(isChecked || (await this.#world.holds(record.target, contentKey)))) await this.#beginAnew(record);
      else if (record.interrupted >= MAX_INTERRUPTED) {
        await this.#fail(diedTooOften(this.#whatOf(record), record.interrupted));
      } else if (run === undefined) await this.#succeed(record);
      else await this.#runProgram(run, record);
    } catch (error) {
      // The journal cannot be written: nothing was begun that it does not know of, and the next try may find room.
      this.#tryAgain(asLayercastError(error));
    }
  }

  /** Ends the program under way, and starts none after it. */
  end(): void {
    this.#isEnding = true;
    this.#program?.stop();
  }

  async #runProgram(command: readonly string[], record: ObjectRecord): Promise<void> {
    const { target, applied } = record;
    const { fleet, object, plan } = this.#of;
    const attempt = record.attempts + 1;
    await this.#standing.save({ state: 'applying', attempts: attempt });
    if (this.#isEnding) return;
    this.#world.emit('program', { object, version: target.version, attempt, program: command[0]! });
    const { timeoutUs } = plan;
    const previousVersion = applied?.version;
    const request = { command, fleet, object, target, previousVersion, attempt, timeoutUs };
    this.#program = this.#world.runProgram(request);
    this.#onStart();
    const end = await this.#program.done;
    this.#program = undefined;
    const meaning = meaningOf(end);
    if (meaning === 'applied') await this.#succeed(record);
    // A program that was ended with the agent has not failed; the next start runs it again. It may be what ended the agent, by a reboot.
    else if (this.#isEnding) await this.#standing.save({ state: 'verified', interrupted: record.interrupted + 1 });
    else if (meaning === 'failed') await this.#fail(programError(this.#whatOf(record), end));
    else {
      await this.#standing.save({ state: 'verified' });
      this.#tryAgain(programError(this.#whatOf(record), end));
    }
  }

  async #succeed({ target }: ObjectRecord): Promise<void> {
    await this.#standing.save({ state: 'applied', applied: target });
  }

  async #fail(error: LayercastError): Promise<void> {
    await this.#standing.save({ state: 'failed' }, error);
  }

  #tryAgain(error: LayercastError): void {
    const { clock, random } = this.#world;
    const waitUs = backOffUs(PROGRAM_BACK_OFF, Math.max(1, this.#standing.record!.attempts), random());
    this.#notBeforeUs = clock.nowUs() + waitUs;
    this.#standing.postpone(error);
  }

  /** The output is gone or has changed since it was verified. How often the program began still counts: the device may not survive it. */
  async #beginAnew({ target }: ObjectRecord): Promise<void> {
    await this.#standing.save({ state: 'receiving', lowestVersion: target.version - 1 });
  }

  #whatOf({ target }: ObjectRecord): string {
    return `${this.#of.object} version ${target.version}`;
  }
}

function diedTooOften(what: string, count: number): LayercastError {
  return new LayercastError('PROGRAM_FAILED', `${what}: the agent ended ${count} times while the program ran`, {
    hint: (say) =>
      `Find out why the program ends the agent or does not end before it; then publish a higher version, or use ${say('retry')}`,
  });
}
