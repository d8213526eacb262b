import { Agent } from '../../../dist/agent/agent.js';
import type { AgentPlan } from '../../../dist/agent/agent-plan.js';
import { type ObjectRecord, packRecord, unpackRecord } from '../../../dist/agent/object-record.js';
import type { AgentWorld, ProgramEnd } from '../../../dist/agent/ports.js';
import { SIMULATION_EPOCH_US } from '../../../dist/simulate/clock/host-clock.js';
import type { VirtualClock } from '../../../dist/simulate/clock/virtual-clock.js';
import type { Prng } from '../../../dist/simulate/random/prng.js';
import { type SendingWindows, windowAt } from '../../../dist/wire/sending-windows.js';
import type { Announcements } from './announcements.js';
import { Life, SteppedClock } from './life.js';
import { type Disk, ModelTransfer } from './model-transfer.js';
import { ProgramRuns } from './program-runs.js';
import { isHopeless, OBJECT, PATH } from './versions.js';

const S = 1e6;

/** What a device is made of. */
export interface DeviceParts {
  readonly clock: VirtualClock;
  readonly random: Prng;
  readonly announcements: Announcements;
  readonly wake: AgentPlan['wake'];
  readonly schedule: SendingWindows | undefined;
  /** From then on the power is cut no more. */
  readonly cutsUntilUs: number;
  readonly onFault: (what: string) => void;
}

/** The real agent, and a model of the device around it, which outlives its power cuts. */
export class Device {
  readonly programs: ProgramRuns;
  readonly disk: Disk = { file: undefined, part: undefined, receivedBytes: 0 };
  cuts = 0;
  /** Those while the program ran, or before the journal knew that it had ended. */
  cutsInPrograms = 0;
  applied = 0;
  readonly #parts: DeviceParts;
  readonly #journal = new Map<string, string>();
  #life: Life | undefined;
  #wallStepUs = 0;
  #lastStepUs = Number.NEGATIVE_INFINITY;

  constructor(parts: DeviceParts) {
    this.#parts = parts;
    this.programs = new ProgramRuns(parts.onFault);
  }

  boot(): void {
    const { clock, wake, onFault } = this.#parts;
    this.#life = new Life(clock);
    const plan: AgentPlan = {
      fleet: 'acme',
      objects: [{ object: '*', output: PATH, run: ['install', '{file}'], timeoutUs: 300 * S }],
      wake,
      once: false,
      retry: false,
      maxRateBitsPerSecond: undefined,
      patienceUs: 30 * S,
    };
    const agent = new Agent(plan, this.#world(this.#life));
    agent.run(new AbortController().signal).catch((error) => onFault(`the agent ended: ${error}`));
  }

  /** Cuts the power, which comes back within a minute. */
  cut(): void {
    if (this.#life === undefined) return;
    const { clock, random, announcements } = this.#parts;
    this.cuts++;
    this.#life.end();
    this.#life = undefined;
    announcements.cut();
    this.cutsInPrograms += this.programs.cut();
    clock.at(clock.nowUs + (1 + 60 * random.ratio()) * S, () => this.boot());
  }

  /** Sets the time of day. */
  step(byUs: number): void {
    this.#wallStepUs += byUs;
    this.#lastStepUs = this.#parts.clock.nowUs;
  }

  /** What the journal has of the object. */
  get record(): ObjectRecord | undefined {
    const text = this.#journal.get(OBJECT);
    return text === undefined ? undefined : unpackRecord(text);
  }

  #world(life: Life): AgentWorld {
    const { clock, random, announcements } = this.#parts;
    return {
      clock: life.clockOf(new SteppedClock(clock, () => this.#wallStepUs)),
      random: () => random.ratio(),
      journal: {
        load: () => life.later(0.1 * S, () => [...this.#journal.values()].map((text) => unpackRecord(text)!)),
        save: (record) => {
          // The rename happens somewhere within the call; a cut before it leaves the old record.
          life.at(5000 * random.ratio(), () => this.#write(record));
          return life.later(6000, () => undefined);
        },
      },
      openWatch: () => life.later(0.05 * S, () => announcements.watch(life)),
      receive: ({ descriptor }) => new ModelTransfer(descriptor, life, this.disk, () => this.#listen()),
      holds: (held) =>
        life.later(0.5 * S, () => this.disk.file?.version === held.version && this.disk.file.sha256 === held.sha256),
      runProgram: ({ target: { version, sha256 } }) => {
        this.programs.start(version);
        if (this.disk.file?.sha256 !== sha256) {
          this.#parts.onFault(`the program got a file that is not version ${version}`);
        }
        this.#cutSoon(0.5, 110 * S);
        const us = (1 + 100 * random.ratio()) * S;
        return { done: life.later(us, () => this.#endProgram(version)), stop: () => undefined };
      },
      emit: () => true,
    };
  }

  #write(record: ObjectRecord): void {
    this.#cutSoon(0.2, 0.05 * S);
    const before = this.record;
    if ((before?.applied?.version ?? 0) > (record.applied?.version ?? 0)) {
      this.#parts.onFault('an older version is applied');
    }
    if (record.state === 'applied' || record.state === 'failed') {
      this.programs.finish(record.target.version, record.state);
      if (before?.state !== record.state && record.state === 'applied') this.applied++;
    }
    this.#journal.set(record.object, packRecord(record));
  }

  #endProgram(version: number): ProgramEnd {
    this.#cutSoon(0.3, 0.01 * S);
    if (isHopeless(version)) return { kind: 'exit', code: 1 };
    if (!this.#parts.random.happens(0.2)) return { kind: 'exit', code: 0 };
    this.programs.postpone(version);
    return { kind: 'exit', code: 75 };
  }

  /** A power cut soon after something happened. */
  #cutSoon(probability: number, withinUs: number): void {
    const { clock, random, cutsUntilUs } = this.#parts;
    if (clock.nowUs > cutsUntilUs || !random.happens(probability)) return;
    clock.at(clock.nowUs + random.ratio() * withinUs, () => this.cut());
  }

  /** A transfer may listen by the device's time of day, with the seconds before and after in which a device listens. */
  #listen(): void {
    const { clock, schedule, onFault } = this.#parts;
    if (schedule === undefined || clock.nowUs - this.#lastStepUs < 3600 * S) return;
    const wallS = (SIMULATION_EPOCH_US + clock.nowUs + this.#wallStepUs) / S;
    const isSent = [wallS, wallS + 2, wallS - 6].some((atS) => windowAt(schedule, atS).isOpen);
    if (!isSent) onFault('a transfer listens outside of the windows');
  }
}
