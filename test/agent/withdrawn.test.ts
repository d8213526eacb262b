import { describe, expect, it } from 'vitest';
import { AgentObject } from '../../dist/agent/agent-object.js';
import { type HeldVersion, heldOf, type ObjectRecord } from '../../dist/agent/object-record.js';
import type { AgentWatch, AgentWorld, ObjectPlan } from '../../dist/agent/ports.js';
import type { FindingKind } from '../../dist/receiver/watch/findings.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

const PATH = '/data/firmware';

function versionOf(version: number): Descriptor {
  const channels = [{ intervalUs: 1000 }];
  const sha256 = new Uint8Array(32).fill(version);
  return { fleet: 'acme', object: 'firmware', version, sizeBytes: 5, sha256, channels, symbolBytes: 1184 } as never;
}

/** An object of which each transfer lasts until it is stopped, or ends well with `finish`. */
function objectOf(more: Partial<ObjectPlan> = {}, record?: Partial<ObjectRecord>, hasEnough = false) {
  const told: string[] = [];
  const saved: ObjectRecord[] = [];
  let pursuitCount = 0;
  let finish: (held: HeldVersion) => void = () => undefined;
  let stop: (reason: Error) => void = () => undefined;
  const world: Partial<AgentWorld> = {
    clock: new HostClock(new VirtualClock()),
    random: () => 0.5,
    journal: { load: async () => [], save: async (next) => void saved.push(next) },
    receive: () => {
      pursuitCount++;
      const done = new Promise<HeldVersion>((resolve, reject) => {
        [finish, stop] = [resolve, reject];
      });
      return { done, packetBytes: 0, hasEnough, follow: () => undefined, stop: (reason) => stop(reason) };
    },
    emit: (name, ...events) => {
      const event = events[0] as { code?: string; state?: string; version?: number };
      told.push(name === 'warning' ? event.code! : `${event.state} ${event.version}`);
      return true;
    },
  };
  const before = record && {
    ...{ object: 'firmware', state: 'receiving' as const, target: heldOf(versionOf(2), PATH), attempts: 0 },
    ...{ interrupted: 0, lowestVersion: 1, applied: heldOf(versionOf(1), PATH) },
    ...record,
  };
  const plan = { object: 'firmware', output: PATH, run: undefined, timeoutUs: 1e6, ...more };
  const object = new AgentObject('firmware', plan, 'acme', before, world as AgentWorld);
  const hear = (kind: FindingKind, version: number) =>
    object.hear({ kind, descriptor: versionOf(version), sources: [] });
  const receive = () => object.receive({} as AgentWatch, undefined);
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  const end = (version: number) => finish(heldOf(versionOf(version), PATH));
  const fail = (reason: Error) => stop(reason);
  return { object, hear, receive, settled, end, fail, told, saved, pursuits: () => pursuitCount };
}

describe('an object of an agent that is withdrawn', () => {
  it('ends its transfer, is idle, and is received again when it comes back', async () => {
    const { object, hear, receive, settled, told, saved, pursuits } = objectOf();
    hear('newest', 1);
    const receiving = receive();
    await settled();
    hear('withdrawn', 1);
    await receiving;
    expect([object.state, object.toReceive(0), object.error]).toEqual(['idle', undefined, undefined]);
    expect(saved.at(-1)).toMatchObject({ state: 'idle', target: { version: 1 } });
    hear('newest', 1);
    expect(object.toReceive(0)?.version).toBe(1);
    void receive();
    await settled();
    expect(pursuits()).toBe(2);
    expect(told).toEqual(['announced 1', 'receiving 1', 'WITHDRAWN', 'idle 1', 'announced 1', 'receiving 1']);
  });

  it('is at the version again that was taken over last, though an earlier life began the transfer', async () => {
    const { object, hear, settled, saved } = objectOf({}, {});
    hear('newest', 2);
    expect(object.state).toBe('announced');
    hear('withdrawn', 2);
    await settled();
    expect(object.describe()).toMatchObject({ state: 'applied', version: 1, appliedVersion: 1 });
    expect(saved).toMatchObject([{ state: 'applied', target: { version: 1 }, lowestVersion: 1 }]);
  });

  it('is idle for all who follow its states, though its transfer had not begun', async () => {
    const { object, hear, settled, told, saved } = objectOf();
    hear('newest', 1);
    hear('withdrawn', 1);
    await settled();
    expect(object.describe()).toMatchObject({ state: 'idle', version: 1 });
    expect(object.describe()).not.toHaveProperty('path');
    expect([told, saved]).toEqual([['announced 1', 'WITHDRAWN', 'idle 1'], []]);
    hear('newest', 2);
    expect(told.at(-1)).toBe('announced 2');
  });

  it('is taken when all of it was there, though its last blocks were still being verified', async () => {
    const { object, hear, receive, settled, end, told, saved } = objectOf({}, undefined, true);
    hear('newest', 1);
    const receiving = receive();
    await settled();
    hear('withdrawn', 1);
    await settled();
    expect(object.describe()).toMatchObject({ state: 'receiving', version: 1 });
    end(1);
    await receiving;
    expect(saved.at(-1)).toMatchObject({ state: 'verified', target: { version: 1 } });
    expect(told).toEqual(['announced 1', 'receiving 1', 'verified 1']);
  });

  it('is given up when its transfer fails later, as a block was wrong that nobody sends again', async () => {
    const { object, hear, receive, settled, told, fail } = objectOf({}, undefined, true);
    hear('newest', 1);
    const receiving = receive();
    await settled();
    hear('withdrawn', 1);
    fail(new Error('nobody sends'));
    await receiving;
    expect([object.state, object.toReceive(0)]).toEqual(['idle', undefined]);
    expect(told.at(-1)).toBe('idle 1');
    expect(told).toContain('WITHDRAWN');
  });

  it('goes on while servers of the web may bring the rest', async () => {
    const { object, hear, settled, told } = objectOf({ fill: ['http://web/firmware'] });
    hear('newest', 1);
    hear('withdrawn', 1);
    await settled();
    expect(object.toReceive(0)?.version).toBe(1);
    expect(told).toEqual(['announced 1', 'WITHDRAWN']);
  });

  it('leaves the version before it to be taken over, which waited for its program', async () => {
    const { object, hear, receive, settled, end, saved } = objectOf(
      { run: ['install'] },
      { state: 'verified', lowestVersion: 2 },
    );
    // Its program has said "later", so the newer version is received first.
    hear('newest', 3);
    const receiving = receive();
    await settled();
    hear('withdrawn', 3);
    await receiving;
    expect(object.describe()).toMatchObject({ state: 'applied', version: 1 });
    hear('newest', 2);
    expect(object.toReceive(0)?.version).toBe(2);
    void receive();
    await settled();
    end(2);
    await settled();
    expect(saved.at(-1)).toMatchObject({ state: 'verified', target: { version: 2 }, lowestVersion: 2 });
    hear('newest', 1);
    expect(object.toReceive(0)).toBeUndefined();
  });

  it('leaves the version before it alone, whose program has failed', async () => {
    const { object, hear, receive, settled } = objectOf({ run: ['install'] }, { state: 'failed', lowestVersion: 2 });
    hear('newest', 3);
    const receiving = receive();
    await settled();
    hear('withdrawn', 3);
    await receiving;
    hear('newest', 2);
    expect(object.toReceive(0)).toBeUndefined();
  });

  it('says nothing of a version that is there already, or that is not the newest', async () => {
    const { object, hear, settled, told, saved } = objectOf({}, { state: 'applied', lowestVersion: 2 });
    hear('newest', 2);
    hear('withdrawn', 2);
    hear('newest', 4);
    hear('withdrawn', 3);
    await settled();
    expect([object.state, saved, told]).toEqual(['announced', [], ['applied 2', 'announced 4']]);
  });
});
