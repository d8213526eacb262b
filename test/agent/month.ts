import { createHash } from 'node:crypto';
import { Agent } from '../../dist/agent/agent.js';
import type { AgentPlan } from '../../dist/agent/agent-plan.js';
import { type HeldVersion, type ObjectRecord, packRecord, unpackRecord } from '../../dist/agent/object-record.js';
import type { AgentWatch, AgentWorld, ProgramEnd, ReceiveRequest, Reception } from '../../dist/agent/ports.js';
import type { Finding } from '../../dist/receiver/watch/findings.js';
import { HostClock, SIMULATION_EPOCH_US } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';
import { type SendingWindows, windowAt } from '../../dist/wire/sending-windows.js';

export interface MonthOptions {
  readonly seed: string;
  readonly days: number;
  readonly versionCount: number;
  readonly cutCount: number;
  /** Undefined: the device is always awake. */
  readonly wake: AgentPlan['wake'];
  /** When versions are sent; undefined: always. */
  readonly schedule?: SendingWindows;
}

/** What happened in a month, and everything that should not have. */
export interface Month {
  readonly cuts: number;
  /** Power cuts while the program ran, or before the journal knew that it had ended. */
  readonly cutsInPrograms: number;
  readonly programStarts: number;
  readonly applied: number;
  readonly failed: number;
  /** What arrived: the sizes of all versions, if nothing was received twice and no version was skipped. */
  readonly receivedBytes: number;
  readonly lastVersion: number;
  /** Share of the time in which the device listened. */
  readonly awakeRatio: number;
  readonly faults: readonly string[];
}

const S = 1e6;
const ANNOUNCE_US = 2 * S;
const RATE_BYTES_PER_S = 125_000;
const CHECKPOINT_US = 0.5 * S;
const OBJECT = 'firmware';
const PATH = '/data/firmware';

/**
 * A device over a month of virtual time, with the real agent and a model of everything around it: announcements, a transfer that keeps what its
 * checkpoints have, a disk that loses what was not flushed, a program that takes a while, clock steps, and power cuts at random moments.
 */
export async function month(options: MonthOptions): Promise<Month> {
  const device = new Device(options);
  return device.live();
}

class Device {
  readonly #options: MonthOptions;
  readonly #clock = new VirtualClock();
  readonly #random: Prng;
  readonly #faults: string[] = [];
  /** What the disk has: the journal, the blocks of the part file, and the file. */
  readonly #journal = new Map<string, string>();
  #part: { readonly version: number; bytes: number } | undefined;
  #file: HeldVersion | undefined;
  #newest: Descriptor | undefined;
  #watches = new Set<ModelWatch>();
  #life: Life | undefined;
  #wallStepUs = 0;
  #lastStepUs = Number.NEGATIVE_INFINITY;
  #looks = 0;
  #awakeLooks = 0;
  #cuts = 0;
  #cutsInPrograms = 0;
  #receivedBytes = 0;
  /** Of the program: how it went for each version. */
  readonly #runs = new Map<number, { starts: number; mayStart: boolean; isOver: boolean }>();
  #programStarts = 0;
  #lastStarted = 0;
  #applied = 0;

  constructor(options: MonthOptions) {
    this.#options = options;
    this.#random = new Prng(options.seed);
  }

  async live(): Promise<Month> {
    const { days, versionCount, cutCount } = this.#options;
    const endUs = days * 86_400 * S;
    const clock = this.#clock;
    for (let version = 1; version <= versionCount; version++) {
      const atUs = ((version - 1 + 0.6 * this.#random.ratio()) / versionCount) * endUs;
      clock.at(atUs, () => this.#publish(version));
      // Half of the cuts come soon after a publication, where there is something to break.
      for (let i = 0; i < cutCount / versionCount / 2; i++) {
        const wakeUs = this.#options.wake?.everyUs ?? 0;
        clock.at(atUs + this.#random.ratio() * (wakeUs + 600 * S), () => this.#cut());
      }
    }
    for (let i = 0; i < cutCount / 2; i++) clock.at(this.#random.ratio() * endUs, () => this.#cut());
    for (let i = 0; i < days; i++) {
      clock.at(this.#random.ratio() * endUs, () => {
        this.#wallStepUs += (this.#random.ratio() - 0.5) * 7200 * S;
        this.#lastStepUs = clock.nowUs;
      });
    }
    for (let atUs = 0; atUs < endUs; atUs += 60 * S) clock.at(atUs, () => this.#lookWhetherAwake());
    this.#boot();
    await clock.run(endUs);
    // A day without cuts: whatever was begun has to come to its end.
    await clock.run(endUs + 86_400 * S);
    const record = this.#record();
    const last = record?.target.version ?? 0;
    if (last !== versionCount) this.#fault(`ended at version ${last} of ${versionCount}`);
    if (record?.state !== 'applied' && record?.state !== 'failed') this.#fault(`ended in state ${record?.state}`);
    if (isHopeless(versionCount) !== (record?.state === 'failed')) this.#fault(`the last version ${record?.state}`);
    const runs = [...this.#runs.values()];
    return {
      cuts: this.#cuts,
      cutsInPrograms: this.#cutsInPrograms,
      programStarts: this.#programStarts,
      applied: this.#applied,
      failed: runs.filter(({ isOver }) => isOver).length - this.#applied,
      receivedBytes: this.#receivedBytes,
      lastVersion: last,
      awakeRatio: this.#awakeLooks / this.#looks,
      faults: this.#faults,
    };
  }

  #lookWhetherAwake(): void {
    this.#looks++;
    if (this.#watches.size > 0) this.#awakeLooks++;
  }

  /** By the device's clock of the day, with the seconds before and after in which a device listens. */
  get #isSent(): boolean {
    const { schedule } = this.#options;
    const wallS = (SIMULATION_EPOCH_US + this.#clock.nowUs + this.#wallStepUs) / S;
    if (schedule === undefined || this.#clock.nowUs - this.#lastStepUs < 3600 * S) return true;
    return [wallS, wallS + 2, wallS - 6].some((atS) => windowAt(schedule, atS).isOpen);
  }

  #publish(version: number): void {
    this.#newest = descriptorOf(version, this.#options.schedule);
    for (const watch of this.#watches) watch.announce(this.#newest, this.#random.ratio() * ANNOUNCE_US);
  }

  #boot(): void {
    this.#life = new Life();
    const clock = new SteppedClock(this.#clock, () => this.#wallStepUs);
    const { wake } = this.#options;
    const plan: AgentPlan = {
      fleet: 'acme',
      objects: [{ object: '*', output: PATH, run: ['install', '{file}'], timeoutUs: 300 * S }],
      wake,
      once: false,
      retry: false,
      maxRateBitsPerSecond: undefined,
      patienceUs: 30 * S,
    };
    const agent = new Agent(plan, this.#world(this.#life, clock));
    agent.run(new AbortController().signal).catch((error) => this.#fault(`the agent ended: ${error}`));
  }

  #cut(): void {
    if (this.#life === undefined) return;
    this.#cuts++;
    this.#life.end();
    this.#life = undefined;
    this.#watches.clear();
    for (const run of this.#runs.values()) {
      if (run.starts === 0 || run.isOver || run.mayStart) continue;
      run.mayStart = true;
      this.#cutsInPrograms++;
    }
    this.#clock.at(this.#clock.nowUs + (1 + 60 * this.#random.ratio()) * S, () => this.#boot());
  }

  #record(): ObjectRecord | undefined {
    const text = this.#journal.get(OBJECT);
    return text === undefined ? undefined : unpackRecord(text);
  }

  #world(life: Life, clock: SteppedClock): AgentWorld {
    const later = <T>(us: number, then: () => T) =>
      new Promise<T>((resolve) => life.at(this.#clock, us, () => resolve(then())));
    return {
      clock: life.clock(clock),
      random: () => this.#random.ratio(),
      journal: {
        load: () => later(0.1 * S, () => [...this.#journal.values()].map((text) => unpackRecord(text)!)),
        save: (record) => {
          // The rename happens somewhere within the call; a cut before it leaves the old record.
          const us = 5000 * this.#random.ratio();
          life.at(this.#clock, us, () => this.#write(record));
          return later(6000, () => undefined);
        },
      },
      openWatch: () =>
        later(0.05 * S, () => {
          const watch = new ModelWatch((us, then) => life.at(this.#clock, us, then), this.#watches);
          if (this.#newest !== undefined) watch.announce(this.#newest, this.#random.ratio() * ANNOUNCE_US);
          return watch;
        }),
      receive: (request) => this.#receive(request, life),
      holds: (held) => later(0.5 * S, () => this.#file?.version === held.version && this.#file.sha256 === held.sha256),
      runProgram: ({ target }) => {
        this.#startProgram(target);
        const us = (1 + 100 * this.#random.ratio()) * S;
        return { done: later(us, () => this.#endProgram(target.version)), stop: () => undefined };
      },
      emit: () => true,
    };
  }

  /** A power cut soon after something happened. */
  #cutSoon(probability: number, withinUs: number): void {
    if (this.#clock.nowUs > this.#options.days * 86_400 * S || !this.#random.happens(probability)) return;
    this.#clock.at(this.#clock.nowUs + this.#random.ratio() * withinUs, () => this.#cut());
  }

  #write(record: ObjectRecord): void {
    this.#cutSoon(0.2, 0.05 * S);
    const before = this.#record();
    if ((before?.applied?.version ?? 0) > (record.applied?.version ?? 0)) this.#fault('an older version is applied');
    const run = this.#runs.get(record.target.version);
    if (record.state === 'applied' || record.state === 'failed') {
      if (run === undefined) this.#fault(`version ${record.target.version} is ${record.state} and never ran`);
      else run.isOver = true;
      if (before?.state !== record.state) this.#applied += record.state === 'applied' ? 1 : 0;
    }
    this.#journal.set(record.object, packRecord(record));
  }

  #receive({ descriptor }: ReceiveRequest, life: Life): Reception {
    let target = descriptor;
    let fresh = 0;
    let isOver = false;
    let packetBytes = 0;
    let settle: { resolve: (held: HeldVersion) => void; reject: (error: unknown) => void } | undefined;
    const done = new Promise<HeldVersion>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const complete = () => {
      isOver = true;
      this.#part = undefined;
      this.#file = heldOf(target);
      // Flushing, renaming and telling takes a moment in which the power may be cut: then the file is there and the agent does not know.
      life.at(this.#clock, 20_000, () => settle!.resolve(heldOf(target)));
    };
    const step = () => {
      if (isOver) return;
      if (!this.#isSent) this.#fault('a transfer listens outside of the windows');
      const { version, sizeBytes } = target;
      if (this.#file?.version === version && this.#file.sha256 === heldOf(target).sha256) return complete();
      if (this.#part?.version !== version) this.#part = { version, bytes: 0 };
      fresh = Math.min(RATE_BYTES_PER_S * (CHECKPOINT_US / S), sizeBytes - this.#part.bytes);
      packetBytes += fresh * 1.1;
      this.#receivedBytes += fresh;
      this.#part.bytes += fresh;
      if (this.#part.bytes >= sizeBytes) return complete();
      life.at(this.#clock, CHECKPOINT_US, step);
    };
    life.at(this.#clock, 0.1 * S, step);
    return {
      done,
      get packetBytes() {
        return packetBytes;
      },
      hasEnough: false,
      follow: ({ kind, descriptor: newer }) => {
        if (kind === 'newest') target = newer;
      },
      stop(reason) {
        if (isOver) return;
        isOver = true;
        settle!.reject(reason);
      },
    };
  }

  #startProgram({ version, sha256 }: HeldVersion): void {
    const run = this.#runs.get(version) ?? { starts: 0, mayStart: true, isOver: false };
    this.#runs.set(version, run);
    if (!run.mayStart) this.#fault(`the program was started again for version ${version}, and nothing asked for it`);
    if (run.isOver) this.#fault(`the program was started for version ${version}, which was over`);
    if (version < this.#lastStarted) this.#fault(`the program was started for version ${version} after a higher one`);
    if (this.#file?.sha256 !== sha256) this.#fault(`the program got a file that is not version ${version}`);
    run.starts++;
    run.mayStart = false;
    this.#lastStarted = version;
    this.#programStarts++;
    this.#cutSoon(0.5, 110 * S);
  }

  #endProgram(version: number): ProgramEnd {
    this.#cutSoon(0.3, 0.01 * S);
    if (isHopeless(version)) return { kind: 'exit', code: 1 };
    const isLater = this.#random.happens(0.2);
    if (!isLater) return { kind: 'exit', code: 0 };
    const run = this.#runs.get(version)!;
    run.mayStart = true;
    return { kind: 'exit', code: 75 };
  }

  #fault(what: string): void {
    this.#faults.push(`${(this.#clock.nowUs / S).toFixed(3)} s: ${what}`);
  }
}

/** Versions whose program always fails. */
function isHopeless(version: number): boolean {
  return version % 7 === 3;
}

/** One life of the device, from boot to a power cut: what it scheduled does not happen after its end. */
class Life {
  #isOver = false;

  end(): void {
    this.#isOver = true;
  }

  at(clock: VirtualClock, inUs: number, then: () => void): void {
    clock.at(clock.nowUs + inUs, () => {
      if (!this.#isOver) then();
    });
  }

  clock(inner: SteppedClock): AgentWorld['clock'] {
    return {
      nowUs: () => inner.nowUs(),
      wallUs: () => inner.wallUs(),
      schedule: (atUs, callback) =>
        inner.schedule(atUs, () => {
          if (!this.#isOver) callback();
        }),
    };
  }
}

/** A clock whose time of day somebody sets now and then. */
class SteppedClock extends HostClock {
  readonly #stepUs: () => number;

  constructor(virtual: VirtualClock, stepUs: () => number) {
    super(virtual);
    this.#stepUs = stepUs;
  }

  override wallUs(): number {
    return super.wallUs() + this.#stepUs();
  }
}

/** Hears the newest version at a random phase of the announce interval, and each later version at another. */
class ModelWatch implements AgentWatch {
  readonly isWaiting = false;
  readonly heardUs = () => undefined;
  announceIntervalUs = 0;
  readonly hear = () => undefined;
  readonly #later: (inUs: number, then: () => void) => void;
  readonly #open: Set<ModelWatch>;
  readonly #findings: Finding[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor(later: (inUs: number, then: () => void) => void, open: Set<ModelWatch>) {
    this.#later = later;
    this.#open = open;
    open.add(this);
  }

  announce(descriptor: Descriptor, inUs: number): void {
    this.#later(inUs, () => {
      if (this.#isClosed) return;
      this.announceIntervalUs = ANNOUNCE_US;
      this.#findings.push({ kind: 'newest', descriptor, sources: [] });
      this.#wake();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#open.delete(this);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Finding> {
    for (;;) {
      const finding = this.#findings.shift();
      if (finding !== undefined) yield finding;
      else if (this.#isClosed) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

function descriptorOf(version: number, schedule: SendingWindows | undefined): Descriptor {
  const sha256 = createHash('sha256').update(`${version}`).digest();
  return {
    fleet: 'acme',
    object: OBJECT,
    version,
    sizeBytes: 5_000_000 + version * 200_000,
    symbolBytes: 1184,
    blockCount: 1,
    fecEncodingId: 6,
    sha256,
    blockRoot: sha256,
    mode: 'several',
    ssm: false,
    channels: [{ group: new Uint8Array(16).fill(0xff), port: 4242, intervalUs: 1000, startRatio: 0 }],
    servers: [],
    createdS: version,
    expiresS: undefined,
    ...(schedule === undefined ? {} : { schedule }),
  };
}

function heldOf({ version, sha256, sizeBytes }: Descriptor): HeldVersion {
  return { version, sha256: Buffer.from(sha256).toString('hex'), sizeBytes, path: PATH };
}
