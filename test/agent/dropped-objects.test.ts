import { describe, expect, it } from 'vitest';
import { DeviceObjects } from '../../dist/agent/device-objects.js';
import { DroppedObjects } from '../../dist/agent/dropped-objects.js';
import { heldOf, type ObjectRecord, packRecord, unpackRecord } from '../../dist/agent/object-record.js';
import type { AgentWorld } from '../../dist/agent/ports.js';
import type { FindingKind } from '../../dist/receiver/watch/findings.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

const HOUR = 3600e6;
const DAY = 24 * HOUR;

function versionOf(object: string, version = 5): Descriptor {
  const sha256 = new Uint8Array(32).fill(version);
  return { fleet: 'acme', object, version, sizeBytes: 5, sha256, channels: [], symbolBytes: 1184 } as never;
}

/** A device that has version 5 of two objects, and keeps for ten days what is not announced. The journal outlives the device. */
function deviceOf(journal = new Map<string, string>()) {
  for (const object of ['kept', 'dropped']) {
    if (journal.has(object)) continue;
    const target = heldOf(versionOf(object), `/data/${object}`);
    const counts = { attempts: 0, interrupted: 0, lowestVersion: 5 };
    journal.set(object, packRecord({ object, state: 'applied', target, applied: target, ...counts }));
  }
  const discarded: string[] = [];
  const virtual = new VirtualClock();
  const world: Partial<AgentWorld> = {
    clock: new HostClock(virtual),
    random: () => 0.5,
    journal: {
      load: async () => [...journal.values()].map((text) => unpackRecord(text)!),
      save: async (record: ObjectRecord) => void journal.set(record.object, packRecord(record)),
    },
    discard: async (_, path) => void discarded.push(path),
    emit: () => true,
  };
  const plan = { object: '**', output: '/data/{object}', run: undefined, timeoutUs: 1e6 };
  const ofAgent = { fleet: 'acme', objects: [plan], wake: undefined, once: false, retry: false, patienceUs: 1e6 };
  const objects = new DeviceObjects({ ...ofAgent, maxRateBitsPerSecond: undefined }, world as AgentWorld);
  let lookCount = 0;
  const dropped = new DroppedObjects(objects, 10 * DAY, world.clock!, () => lookCount++);
  const begin = async () => {
    await objects.load(false);
    dropped.start();
  };
  const hear = (kind: FindingKind, object: string) =>
    objects.hear({ kind, descriptor: versionOf(object), sources: [] });
  const pass = (us: number) => virtual.run(virtual.nowUs + us);
  const held = () => [...objects].filter((one) => one.held !== undefined).map(({ name }) => name);
  return { begin, hear, pass, held, discarded, dropped, journal, objects, looks: () => lookCount };
}

describe('an object that its fleet has dropped', () => {
  it('is forgotten when the fleet was heard without it for as long as it is kept, and the others are not', async () => {
    const device = deviceOf();
    await device.begin();
    device.hear('newest', 'kept');
    await device.pass(9.9 * DAY);
    expect([device.held(), device.discarded]).toEqual([['kept', 'dropped'], []]);
    await device.pass(DAY);
    expect([device.held(), device.discarded]).toEqual([['kept'], ['/data/dropped']]);
    await device.pass(30 * DAY);
    expect(device.discarded).toHaveLength(1);
    expect(device.looks()).toBeGreaterThan(900);
  });

  it('is kept while nothing of the fleet is heard', async () => {
    const device = deviceOf();
    await device.begin();
    await device.pass(100 * DAY);
    expect([device.held(), device.discarded]).toEqual([['kept', 'dropped'], []]);
  });

  it('is forgotten though no life of the device lasts that long, and kept if it is announced once', async () => {
    const journal = new Map<string, string>();
    const lives = async (days: number, announced: readonly string[]) => {
      const device = deviceOf(journal);
      await device.begin();
      for (const object of announced) device.hear('newest', object);
      await device.pass(days * DAY + HOUR);
      await device.dropped.stop();
      return device.discarded;
    };
    expect(await lives(6, ['kept'])).toEqual([]);
    expect(await lives(1, ['kept', 'dropped'])).toEqual([]);
    expect(await lives(6, ['kept'])).toEqual([]);
    expect(await lives(6, ['kept'])).toEqual(['/data/dropped']);
    expect(await lives(20, ['kept'])).toEqual([]);
  });

  it('is received again when it is announced again, and not in an older version', async () => {
    const device = deviceOf();
    await device.begin();
    device.hear('newest', 'kept');
    await device.pass(11 * DAY);
    const dropped = [...device.objects].find(({ name }) => name === 'dropped')!;
    expect([dropped.state, dropped.lowestVersion]).toEqual(['idle', 4]);
    device.hear('newest', 'dropped');
    expect(dropped.toReceive(0)?.version).toBe(5);
  });
});
