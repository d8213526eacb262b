import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../dist/config/faults.js';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { planOf } from '../../dist/fleet/plan.js';
import { sendingsOf } from '../../dist/fleet/sendings.js';

const text = (frames: string, more = '') =>
  `fleet: f\nobjects:\n  a:\n    file: a\n    version: 1\n    channels: [{ rate: 1Mbit, group: "ff15::1" }]\n    iotupd: ${frames}\n${more}`;

function faultsOf(yaml: string): string {
  try {
    parseFleet(yaml, 'f.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('iotupd in a fleet file', () => {
  it('has the group of its name, or that which it says, and the time between frames that its rate means', () => {
    const [named] = parseFleet(text('{ name: wibble, rate: 1Mbit }'), 'f.yaml').objects;
    expect(named!.iotupd).toEqual({
      group: 'ff1e:4343:d014:74be:efca:942a:9024:7b49',
      port: 4242,
      frameBytes: 1246,
      hash: 'blake3',
      // A packet has 48 bytes of IPv6 and UDP.
      intervalUs: (1294 * 8e6) / 1e6,
      rateBitsPerSecond: 1e6,
      hopLimit: 64,
      dscp: 0,
    });
    const own = '{ group: "FF1E::0042", frame: 1252, rate: 2Mbit, hash: blake2b, port: 4343, hopLimit: 2, dscp: 8 }';
    const [object] = parseFleet(
      text(own, 'ssm: true\nservers: { s: { address: "fd00::1" } }\n').replace('ff15::1', 'ff35::1'),
      'f.yaml',
    ).objects;
    const expected = { group: 'ff1e::42', port: 4343, frameBytes: 1252, hash: 'blake2b', hopLimit: 2, dscp: 8 };
    expect(object!.iotupd).toMatchObject(expected);
  });

  it('counts in the plan of each server that sends the object, and is no channel', () => {
    const fleet = parseFleet(text('{ name: wibble, rate: 1Mbit }', 'servers: { s: {}, t: {} }\n'), 'f.yaml');
    const plan = planOf(fleet, () => undefined);
    expect(plan.rateBitsPerSecond).toBe(4e6);
    expect(plan.objects[0]!.iotupd).toMatchObject({ rateBitsPerSecond: 1e6, frameBytes: 1246 });
    expect(sendingsOf(fleet, fleet.servers[0]!)).toHaveLength(1);
  });

  it.each([
    ['{ rate: 1Mbit }', /f\.yaml:7:13: objects\.a\.iotupd: unclear where to send, found neither/],
    ['{ name: a, group: "ff15::2", rate: 1Mbit }', /unclear where to send, found both/],
    ['{ name: a }', /objects\.a\.iotupd\.rate: missing|iotupd.*rate/],
    [
      '{ name: a, rate: 1Mbit, frame: 1247 }',
      /iotupd\.frame: not the length of a frame, found 1247, allowed: 1246, 1251 or 1252/,
    ],
    ['{ name: a, rate: 1Mbit, hash: sha3-512 }', /iotupd\.hash: not one of the choices/],
    ['{ group: "fd00::1", rate: 1Mbit }', /iotupd\.group: not usable, "fd00::1" is not a multicast address/],
    ['{ group: "ff15::1", rate: 1Mbit }', /taken by objects\.a\.channels\.0/],
  ])('%s is refused', (frames, fault) => {
    expect(faultsOf(text(frames))).toMatch(fault);
  });
});
