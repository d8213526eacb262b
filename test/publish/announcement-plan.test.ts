import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../dist/fleet/load-fleet.js';
import { planOf } from '../../dist/fleet/plan.js';
import { geometryOf } from '../../dist/object/geometry.js';
import { announceIntervalOf, plannedAnnouncements } from '../../dist/publish/announcement-plan.js';
import { forecastOf } from '../../dist/publish/forecast.js';
import { signDescriptor } from '../../dist/publish/records/records.js';
import { serverPublicKeys } from '../../dist/publish/records/server-keys.js';
import { describeObject } from '../../dist/publish/records/signing.js';
import { recordDatagrams } from '../../dist/wire/fragments.js';

/** A fleet of `count` objects with one channel each. */
function fleetOf(objectCount: number, more: object = {}) {
  const entry = { file: 'file', version: 1, channels: [{ rate: '1Mbit' }] };
  const objects = Object.fromEntries(Array.from({ length: objectCount }, (_, i) => [`object ${i}`, entry]));
  return parseFleet(JSON.stringify({ fleet: 'f', objects, ...more }), '/fleet.yaml');
}

describe('the announcements of a server', () => {
  it('of a few objects keep the announce interval', () => {
    const fleet = fleetOf(3, { announceInterval: '2s' });
    expect(plannedAnnouncements(fleet, fleet.servers[0]!).roundUs).toBe(2e6);
    expect(announceIntervalOf(fleet)).toBe(2e6);
  });

  it('of a thousand objects keep the announce rate and take longer', () => {
    const fleet = fleetOf(1000, { announceRate: '128kbit' });
    const { roundUs, rateBitsPerSecond } = plannedAnnouncements(fleet, fleet.servers[0]!);
    expect(rateBitsPerSecond).toBeCloseTo(128e3);
    expect(roundUs).toBeGreaterThan(20e6);
  });

  it('are planned with their actual bytes', () => {
    const fleet = fleetOf(1, { announceInterval: '1s' });
    const content = {
      geometry: geometryOf(5e6, 1184, 1),
      sha256: new Uint8Array(32),
      blockDigests: new Uint8Array(32),
    };
    const { privateKey } = generateKeyPairSync('ed25519');
    const publicKeys = serverPublicKeys(fleet, privateKey);
    const descriptor = describeObject(fleet, fleet.objects[0]!, content, publicKeys, 1_800_000_000);
    const { record } = signDescriptor(descriptor, privateKey);
    const bytes = recordDatagrams(record, 0, 255).reduce((sum, { length }) => sum + length + 48, 0);
    // The directory has them a third as often.
    const planned = plannedAnnouncements(fleet, fleet.servers[0]!).rateBitsPerSecond;
    expect(Math.abs(planned / ((bytes * 8 * 4) / 3) - 1)).toBeLessThan(0.03);
  });

  it('are part of the rates that a plan gives for a server and for the fleet', () => {
    const fleet = fleetOf(1000, { servers: { a: {}, b: { objects: ['object 1'] } } });
    const forecast = forecastOf(
      fleet,
      planOf(fleet, () => undefined),
    );
    const [a, b] = forecast.servers;
    expect(a!.announceRateBitsPerSecond).toBeCloseTo(256e3);
    expect(a!.announceRoundUs).toBeGreaterThan(10e6);
    expect(b!.announceRoundUs).toBe(1e6);
    const channels = planOf(fleet, () => undefined).rateBitsPerSecond;
    expect(forecast.rateBitsPerSecond - channels).toBeCloseTo(256e3 + b!.announceRateBitsPerSecond);
  });
});
