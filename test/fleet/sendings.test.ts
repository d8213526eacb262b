import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { sendingsOf } from '../../dist/fleet/sendings.js';

const fleet = parseFleet(
  `fleet: f
interface: eth0
objects:
  a: { file: a, version: 1, channels: [{ rate: 1Mbit, hopLimit: 3 }, { rate: 2Mbit, offset: 25% }, { rate: 3Mbit, offset: 3B }] }
  b: { file: b, version: 1, channels: [{ rate: 1Mbit }] }
servers:
  alpha: {}
  beta: { offset: 90%, interface: eth1, channels: [0, 1], objects: [a], hopLimit: 5, dscp: 9 }
  gamma: { offset: 2B }
  delta: {}
`,
  'f',
);
const [alpha, beta] = fleet.servers as [never, never];

describe('what a server sends', () => {
  it('is every channel of every object, with the settings of the fleet', () => {
    const sendings = sendingsOf(fleet, alpha);
    expect(sendings.map(({ object, channel }) => [object.name, channel.index])).toEqual([
      ['a', 0],
      ['a', 1],
      ['a', 2],
      ['b', 0],
    ]);
    expect(sendings[0]).toMatchObject({ interface: 'eth0', hopLimit: 3, dscp: 0 });
    expect(sendings[1]).toMatchObject({ interface: 'eth0', hopLimit: 64, dscp: 0 });
  });

  it('is what it lists, with its own settings before all others', () => {
    const sendings = sendingsOf(fleet, beta);
    expect(sendings.map(({ object, channel }) => [object.name, channel.index])).toEqual([
      ['a', 0],
      ['a', 1],
    ]);
    for (const sending of sendings) expect(sending).toMatchObject({ interface: 'eth1', hopLimit: 5, dscp: 9 });
  });
});
