import { describe, expect, it } from 'vitest';
import { Agent } from '../../dist/agent/agent.js';
import type { AgentPlan } from '../../dist/agent/agent-plan.js';
import type { HeldVersion } from '../../dist/agent/object-record.js';
import type { AgentWatch, AgentWorld } from '../../dist/agent/ports.js';
import type { Finding } from '../../dist/receiver/watch/findings.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

const S = 1e6;
const descriptor = {
  fleet: 'acme',
  object: 'firmware',
  version: 1,
  sizeBytes: 10,
  symbolBytes: 10,
  sha256: new Uint8Array(32),
  mode: 'best',
  channels: [{ intervalUs: 1000 }],
} as unknown as Descriptor;

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<T>((onDone, onFailed) => {
    resolve = onDone;
    reject = onFailed;
  });
  return { promise, resolve, reject };
}

interface Slow {
  /** What the journal takes for a record. */
  readonly save?: () => Promise<void>;
  /** What it takes to leave the group after a wake. */
  readonly leave?: () => Promise<void>;
}

/** An agent of which each transfer lasts until it is stopped or `fail` is called. */
function agentOf(wake: AgentPlan['wake'], isExpecting: () => boolean = () => false, slow: Slow = {}) {
  const clock = new VirtualClock();
  const received: number[] = [];
  let stop: ((reason: Error) => void) | undefined;
  let wakeCount = 0;
  const findings: Finding[] = [{ kind: 'newest', descriptor, sources: [] }];
  const newWatch = (): AgentWatch => {
    wakeCount++;
    const over = deferred<void>();
    return {
      isWaiting: false,
      heardUs: () => undefined,
      announceIntervalUs: S,
      hear: () => undefined,
      close: async () => {
        over.resolve();
        await slow.leave?.();
      },
      get isExpecting() {
        return isExpecting();
      },
      async *[Symbol.asyncIterator]() {
        yield* findings;
        await over.promise;
      },
    };
  };
  const receive = () => {
    received.push(clock.nowUs / S);
    const done = deferred<HeldVersion>();
    stop = done.reject;
    return { done: done.promise, packetBytes: 0, hasEnough: false, follow: () => undefined, stop: done.reject };
  };
  const world: AgentWorld = {
    clock: new HostClock(clock),
    random: () => 0.5,
    journal: { load: async () => [], save: async () => await slow.save?.() },
    openWatch: async () => newWatch(),
    receive,
    holds: async () => true,
    runProgram: () => ({ done: Promise.resolve({ kind: 'exit', code: 0 }), stop: () => undefined }),
    emit: () => true,
  };
  const plan: AgentPlan = {
    fleet: 'acme',
    objects: [{ object: 'firmware', output: '/f', run: undefined, timeoutUs: S }],
    wake,
    once: false,
    retry: false,
    maxRateBitsPerSecond: undefined,
    patienceUs: 30 * S,
  };
  const agent = new Agent(plan, world);
  void agent.run(new AbortController().signal);
  const pass = (seconds: number) => clock.run(clock.nowUs + seconds * S);
  return { agent, clock, received, pass, fail: () => stop!(new Error('no more')), wakes: () => wakeCount };
}

describe('an agent that is told what to do', () => {
  it('receives nothing while it is paused, says so, and goes on afterwards', async () => {
    const { agent, received, pass } = agentOf(undefined);
    await pass(1);
    expect(received).toEqual([0]);
    agent.pause();
    await pass(3600);
    expect([received, agent.status().isPaused, agent.status().objects[0]!.state]).toEqual([[0], true, 'announced']);
    agent.resume();
    await pass(1);
    expect([received, agent.status().isPaused]).toEqual([[0, 3601], false]);
  });

  it('begins no transfer that it was about to begin as it was paused, and that it waits for its journal to begin', async () => {
    const journal = deferred<void>();
    const { agent, received, pass } = agentOf(undefined, undefined, { save: () => journal.promise });
    await pass(1);
    agent.pause();
    journal.resolve();
    await pass(3600);
    expect(received).toEqual([]);
    agent.resume();
    await pass(1);
    expect(received).toEqual([3601]);
  });

  it('tries at once what would be tried later', async () => {
    const { agent, received, pass, fail } = agentOf(undefined);
    for (let i = 0; i < 6; i++) {
      await pass(300);
      fail();
    }
    const before = received.length;
    await pass(1);
    expect(received.length).toBe(before);
    agent.fetchNow();
    await pass(1);
    expect(received.length).toBe(before + 1);
  });

  it('wakes for a fetch, and sleeps while it is paused', async () => {
    const { agent, pass, wakes } = agentOf({
      everyUs: 3600 * S,
      forUs: 60 * S,
      jitterRatio: 0.1,
      budgetBytes: undefined,
    });
    await pass(1);
    agent.pause();
    await pass(10);
    expect([agent.status().isAwake, wakes()]).toEqual([false, 1]);
    agent.resume();
    agent.fetchNow();
    await pass(1);
    expect([agent.status().isAwake, wakes()]).toEqual([true, 2]);
  });

  it('wakes again for a fetch that comes while it leaves its group, and does so once', async () => {
    const left = deferred<void>();
    const wake = { everyUs: 3600 * S, forUs: 60 * S, jitterRatio: 0.1, budgetBytes: undefined };
    const { agent, pass, wakes } = agentOf(wake, undefined, { leave: () => left.promise });
    agent.pause();
    await pass(10);
    agent.fetchNow();
    left.resolve();
    await pass(0.5);
    expect([agent.status().isAwake, wakes()]).toEqual([true, 2]);
    await pass(600);
    expect([agent.status().isAwake, wakes()]).toEqual([false, 2]);
  });

  it('stays awake while something may come by another way than announcements', async () => {
    let isExpecting = true;
    const wake = { everyUs: 3600 * S, forUs: 60 * S, jitterRatio: 0.1, budgetBytes: undefined };
    const { agent, pass } = agentOf(wake, () => isExpecting);
    agent.pause();
    await pass(20);
    expect(agent.status().isAwake).toBe(true);
    isExpecting = false;
    await pass(5);
    expect(agent.status().isAwake).toBe(false);
  });
});
