import { describe, expect, it } from 'vitest';
import { sendingsOf } from '../../dist/fleet/sendings.js';
import { fleet } from './example-fleet.js';

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
