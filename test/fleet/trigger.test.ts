import { describe, expect, it } from 'vitest';
import { planText } from '../../dist/cli/display/plan-text.js';
import { ConfigError } from '../../dist/config/faults.js';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { planOf } from '../../dist/fleet/plan.js';

const text = (object: string, fleet = 'hopLimit: 1') =>
  `fleet: f\n${fleet}\nobjects:\n  a:\n    file: a\n    version: 1\n    ${object}\n`;

function faultsOf(yaml: string): string {
  try {
    parseFleet(yaml, 'f.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('trigger in a fleet file', () => {
  it('applies to all channels of an object, of its delta, and to its frames of iotupd, unless a channel says otherwise', () => {
    const channels = 'channels: [{ rate: 1Mbit }, { rate: 1Mbit, trigger: none }]';
    const more = 'deltaFrom: [old]\n    iotupd: { name: n, rate: 1Mbit }';
    const [object] = parseFleet(text(`${channels}\n    trigger: mld\n    ${more}`), 'f.yaml').objects;
    expect(object!.channels.map(({ trigger }) => trigger)).toEqual(['mld', undefined]);
    expect(object!.delta!.channels.map(({ trigger }) => trigger)).toEqual(['mld', undefined]);
    expect(object!.iotupd!.trigger).toBe('mld');
    const [own] = parseFleet(text('channels: [{ rate: 1Mbit, trigger: mld }, { rate: 1Mbit }]'), 'f.yaml').objects;
    expect(own!.channels.map(({ trigger }) => trigger)).toEqual(['mld', undefined]);
  });

  it.each([
    [
      'trigger: mld',
      'hopLimit: 2',
      /f\.yaml:8:14: objects\.a\.trigger: listeners behind routers would not be heard of, found "mld" for ff15:.* with hop limit 2, allowed: scope: link, hopLimit: 1, or mld-beyond-link/,
    ],
    ['trigger: mld', 'scope: site', /with hop limit 64/],
    ['trigger: mld', 'hopLimit: 1\nservers: { s: {}, t: { hopLimit: 9 } }', /with hop limit 9/],
    ['trigger: mld-beyond-link', 'scope: interface', /nobody reports groups of scope interface/],
    ['trigger: mdl', 'hopLimit: 1', /trigger: not one of the choices, found "mdl"/],
  ])('%s with %s is refused', (trigger, fleet, fault) => {
    expect(faultsOf(text(`channels: [{ rate: 1Mbit }, { rate: 2Mbit }]\n    ${trigger}`, fleet))).toMatch(fault);
  });

  it('is refused where a channel says it, once for each channel, and once for an object', () => {
    const own = faultsOf(text('channels: [{ rate: 1Mbit }, { rate: 1Mbit, trigger: mld }]', 'hopLimit: 3'));
    expect(own).toMatch(/objects\.a\.channels\.1\.trigger: /);
    expect(
      faultsOf(text('ladder: { from: 1Mbit, to: 8Mbit }\n    trigger: mld', 'hopLimit: 3')).split('\n'),
    ).toHaveLength(1);
  });

  it.each(['scope: link', 'hopLimit: 1', 'scope: global\nhopLimit: 0'])('mld is possible with %s', (fleet) => {
    expect(faultsOf(text('channels: [{ rate: 1Mbit }]\n    trigger: mld', fleet))).toBe('');
  });

  it('mld-beyond-link is possible with every scope that leaves the host', () => {
    expect(faultsOf(text('channels: [{ rate: 1Mbit }]\n    trigger: mld-beyond-link', 'scope: global'))).toBe('');
  });

  it('is in the plan, for programs and for people', () => {
    const fleet = parseFleet(
      text('channels: [{ rate: 1Mbit }]\n    trigger: mld\n    iotupd: { name: n, rate: 1Mbit }'),
      'f.yaml',
    );
    const plan = planOf(fleet, () => undefined);
    expect([plan.objects[0]!.channels[0]!.trigger, plan.objects[0]!.iotupd!.trigger]).toEqual(['mld', 'mld']);
    const shown = planText({
      ...plan,
      servers: plan.servers.map((server) => ({ ...server, announceRoundUs: 1e6, announceRateBitsPerSecond: 1e3 })),
      objects: plan.objects.map((object) => ({ ...object, blockCount: null, warnings: [], levels: [] })),
    } as never);
    expect(shown.match(/only while somebody listens/g)).toHaveLength(2);
  });
});
