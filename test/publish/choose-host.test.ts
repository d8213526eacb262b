import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { chooseServer } from '../../dist/publish/choose-host.js';

const OBJECTS = 'fleet: f\nobjects: { a: { file: a, version: 1, channels: [{ rate: 1Mbit }] } }\n';
const fleet = parseFleet(`${OBJECTS}servers: { alpha: { address: "fd00::1" }, beta: { address: "fd00::2" } }\n`, 'f');
const elsewhere = { name: 'elsewhere', addresses: ['fd00::9'] };

describe('the server that a host is', () => {
  it('is the one that the setting names, whatever the host is called', () => {
    expect(chooseServer(fleet, 'beta', { name: 'alpha', addresses: ['fd00::1'] }).name).toBe('beta');
  });

  it('is the only one of the fleet', () => {
    expect(chooseServer(parseFleet(OBJECTS, 'f'), undefined, elsewhere).index).toBe(0);
  });

  it.each([
    ['name', { name: 'beta', addresses: [] }],
    ['name without its domain', { name: 'beta.example.com', addresses: [] }],
    ['address', { name: 'elsewhere', addresses: ['fe80::1', 'fd00::2'] }],
  ])("is the one that has this host's %s", (_, host) => {
    expect(chooseServer(fleet, undefined, host).name).toBe('beta');
  });

  it.each([undefined, 'gamma'])('is refused with a list of names if no server fits (--host %s)', (name) => {
    expect(() => chooseServer(fleet, name, elsewhere)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_HOST', hint: expect.stringContaining('alpha, beta') }),
    );
  });
});
