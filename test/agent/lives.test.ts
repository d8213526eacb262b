import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Agent } from '../../dist/agent/agent.js';
import type { AgentPlan } from '../../dist/agent/agent-plan.js';
import type { AgentStateEvent } from '../../dist/agent/events.js';
import { heldOf, type ObjectRecord } from '../../dist/agent/object-record.js';
import type { AgentWatch, AgentWorld, ProgramEnd, RunningPursuit } from '../../dist/agent/ports.js';
import type { Finding } from '../../dist/receiver/watch/findings.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

const S = 1e6;
const plan: AgentPlan = {
  fleet: 'acme',
  objects: [{ object: 'os', output: '/data/os/', run: ['install', '{file}'], timeoutUs: 60 * S }],
  wake: undefined,
  once: false,
  retry: false,
  maxRateBitsPerSecond: undefined,
  patienceUs: 30 * S,
};

/** A device with a disk that outlives its agents. A program runs until its life ends, unless `end` says how it ends. */
class Device {
  readonly clock = new VirtualClock();
  readonly attempts: number[] = [];
  readonly states: AgentStateEvent[] = [];
  announced = versionOf(1);
  record: ObjectRecord | undefined;
  /** Whether the output is found whole by the next agent. */
  isHeld = true;
  pursuitCount = 0;

  /** One life of the agent: from its start to a power cut 10 s later. @param isEnded somebody ends the agent, with its program, before that */
  async live(end?: ProgramEnd, isEnded = false): Promise<void> {
    let isOver = false;
    const ending = new AbortController();
    const inner = new HostClock(this.clock);
    const clock: AgentWorld['clock'] = {
      nowUs: () => inner.nowUs(),
      wallUs: () => inner.wallUs(),
      schedule: (atUs, callback) => inner.schedule(atUs, () => (isOver ? undefined : callback())),
    };
    const world: AgentWorld = {
      clock,
      random: () => 0.5,
      journal: {
        load: async () => (this.record === undefined ? [] : [this.record]),
        save: async (record) => {
          if (!isOver) this.record = record;
        },
      },
      openWatch: async () => new SteadyWatch(this.announced),
      receive: ({ descriptor }): RunningPursuit => {
        this.pursuitCount++;
        const done = Promise.resolve(heldOf(descriptor, '/data/os/'));
        return { done, packetBytes: 0, hasEnough: false, follow: () => undefined, stop: () => undefined };
      },
      holds: async () => this.isHeld,
      runProgram: ({ attempt }) => {
        this.attempts.push(attempt);
        let stop: () => void = () => undefined;
        const stopped = new Promise<ProgramEnd>((resolve) => {
          stop = () => resolve({ kind: 'signal', signal: 'the agent' });
        });
        return { done: end === undefined ? stopped : Promise.resolve(end), stop };
      },
      emit: (name, ...events) => {
        if (name === 'state') this.states.push(events[0] as AgentStateEvent);
        return true;
      },
    };
    void new Agent(plan, world).run(ending.signal);
    await this.clock.run(this.clock.nowUs + 10 * S);
    if (isEnded) ending.abort();
    await this.clock.run(this.clock.nowUs + S);
    isOver = true;
  }
}

class SteadyWatch implements AgentWatch {
  readonly isWaiting = false;
  readonly heardUs = () => undefined;
  readonly announceIntervalUs = S;
  readonly hear = () => undefined;
  readonly #descriptor: Descriptor;

  constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
  }

  async close(): Promise<void> {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Finding> {
    yield { kind: 'newest', descriptor: this.#descriptor, sources: [] };
    await new Promise(() => undefined);
  }
}

function versionOf(version: number): Descriptor {
  const sha256 = createHash('sha256').update(`${version}`).digest();
  return {
    fleet: 'acme',
    object: 'os',
    version,
    sizeBytes: 5,
    sha256,
    channels: [{ intervalUs: 1000 }],
    symbolBytes: 1184,
  } as never;
}

describe('a device that does not survive its program', () => {
  it.each([
    ['is whole', true],
    ['is lost each time, and received again', false],
  ])('gives the version up after ten deaths when its output %s', async (_, isHeld) => {
    const device = new Device();
    device.isHeld = isHeld;
    for (let life = 0; life < 14; life++) await device.live();
    expect(device.attempts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(device.record).toMatchObject({ state: 'failed', interrupted: 10 });
    expect(device.pursuitCount).toBe(isHeld ? 1 : 11);
  });

  it('gives the version up after ten times, too, in which the agent was ended with the program, as by a reboot', async () => {
    const device = new Device();
    for (let life = 0; life < 14; life++) await device.live(undefined, true);
    expect(device.attempts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(device.record).toMatchObject({ state: 'failed', interrupted: 10 });
  });

  it('counts from one for the next version, and takes it over', async () => {
    const device = new Device();
    for (let life = 0; life < 12; life++) await device.live();
    device.announced = versionOf(2);
    device.attempts.length = 0;
    await device.live();
    await device.live({ kind: 'exit', code: 0 });
    expect(device.attempts).toEqual([1, 2]);
    expect(device.record).toMatchObject({ state: 'applied', interrupted: 1, applied: { version: 2 } });
  });
});

describe('the event of a version that is over', () => {
  it.each([
    [0, { state: 'applied', lwm2mState: 0, lwm2mResult: 1, appliedVersion: 1 }],
    [1, { state: 'failed', lwm2mState: 2, lwm2mResult: 8, message: expect.stringContaining('exit code 1') }],
  ])('comes once, with its result, when the program ended with %i', async (code, event) => {
    const device = new Device();
    await device.live({ kind: 'exit', code });
    const over = device.states.filter(({ state }) => state === event.state);
    expect(over).toEqual([expect.objectContaining(event)]);
  });
});
