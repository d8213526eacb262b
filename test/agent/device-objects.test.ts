import { describe, expect, it } from 'vitest';
import { DeviceObjects } from '../../dist/agent/device-objects.js';
import type { AgentWorld } from '../../dist/agent/ports.js';
import type { FindingKind } from '../../dist/receiver/watch/findings.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

describe('an object of a kind that is of no use', () => {
  const told: string[] = [];
  const world: Partial<AgentWorld> = {
    clock: new HostClock(new VirtualClock()),
    uselessnessOf: ({ tree }) => tree && { code: 'NOT_SERVED', message: 'a folder' },
    emit: (name, ...events) => {
      told.push(`${name} ${(events[0] as { object: string }).object}`);
      return true;
    },
  };
  const plan = { object: '**', output: '/data/{object}', run: undefined, timeoutUs: 1e6 };
  const objects = new DeviceObjects({ fleet: 'acme', objects: [plan] } as never, world as AgentWorld);
  const hear = (object: string, version: number, isTree: boolean, kind: FindingKind = 'newest') => {
    const content = { version, sizeBytes: 5, sha256: new Uint8Array(32), channels: [{ intervalUs: 1000 }] };
    const descriptor = { fleet: 'acme', object, symbolBytes: 1184, ...content, ...(isTree ? { tree: 1 } : {}) };
    return objects.hear({ kind, descriptor: descriptor as unknown as Descriptor, sources: [] });
  };

  it('is warned of once, counts as heard, and is nothing to receive', () => {
    expect([hear('maps', 1, true), hear('maps', 2, true)]).toEqual([true, true]);
    expect([told, objects.size, objects.outcome()]).toEqual([
      ['warning maps'],
      0,
      { hasHeard: true, unfinished: [], errors: [] },
    ]);
  });

  it('is received when a later version is of another kind', () => {
    hear('maps', 3, false);
    expect([...objects].map(({ name }) => name)).toEqual(['maps']);
  });

  it('is not received either when it is signed anew', () => {
    const toReceive = () => [...objects].map((object) => object.toReceive(0)?.version);
    hear('maps', 4, true);
    hear('maps', 4, true, 'renewed');
    expect(toReceive()).toEqual([3]);
  });
});
