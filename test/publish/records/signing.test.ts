import { generateKeyPairSync } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../../dist/fleet/load-fleet.js';
import { geometryOf } from '../../../dist/object/geometry.js';
import { writeRecord } from '../../../dist/publish/records/records.js';
import { expiryWarning, isRenewalDue, renewedRecord, signedRecord } from '../../../dist/publish/records/signing.js';
import { scratchDirectory } from '../../store/scratch.js';

const scratch = await scratchDirectory();
const key = generateKeyPairSync('ed25519').privateKey;
const content = { geometry: geometryOf(1000, 100, 1), sha256: new Uint8Array(32), blockDigests: new Uint8Array(32) };
const nowS = 1_800_000_000;

function fleetOf(settings: object, more: object = {}) {
  const o = { file: 'file', version: 1, channels: [{ rate: '1Mbit' }], expires: '1000s', ...more };
  return parseFleet(
    JSON.stringify({ fleet: 'f', symbolBytes: 100, objects: { o }, ...settings }),
    join(scratch, 'f.yaml'),
  );
}

describe('records that were signed elsewhere', () => {
  it('are read again when their folder has others, and are valid with another announce interval', async () => {
    await mkdir(join(scratch, 'records'));
    const signing = { fleet: fleetOf({}), key };
    const [object] = signing.fleet.objects;
    await writeRecord(join(scratch, 'records'), await signedRecord(signing, object!, content, nowS));
    const serving = { fleet: fleetOf({ records: 'records', announceInterval: '5s' }), key: undefined };
    const sent = await signedRecord(serving, serving.fleet.objects[0]!, content, nowS + 10);
    expect(sent.descriptor.createdS).toBe(nowS);
    expect(await renewedRecord(serving, serving.fleet.objects[0]!, content, sent, nowS + 20)).toBeUndefined();
    await writeRecord(join(scratch, 'records'), await signedRecord(signing, object!, content, nowS + 900));
    const next = await renewedRecord(serving, serving.fleet.objects[0]!, content, sent, nowS + 910);
    expect(next?.descriptor.createdS).toBe(nowS + 900);
  });

  it('cause a warning from three quarters of their life on, and another one after it', async () => {
    const signing = { fleet: fleetOf({}), key };
    const { descriptor } = await signedRecord(signing, signing.fleet.objects[0]!, content, nowS);
    expect(expiryWarning(descriptor, nowS + 700)).toBeUndefined();
    expect(expiryWarning(descriptor, nowS + 751)).toMatch(/^o: its record expires at /);
    expect(expiryWarning(descriptor, nowS + 1000)).toMatch(/^o: its record expired at /);
    expect([400, 500, -1, -61].map((s) => isRenewalDue(descriptor, nowS + s))).toEqual([false, true, false, true]);
  });
});

describe('a record that is valid for a year', () => {
  it('causes a warning from 30 days before it expires', async () => {
    const daysS = 86_400;
    const signing = { fleet: fleetOf({}), key };
    const { descriptor } = await signedRecord(signing, signing.fleet.objects[0]!, content, nowS);
    const ofAYear = { ...descriptor, expiresS: nowS + 365 * daysS };
    expect(expiryWarning(ofAYear, nowS + 335 * daysS - 1)).toBeUndefined();
    expect(expiryWarning(ofAYear, nowS + 335 * daysS)).toMatch(/its record expires at /);
  });
});

describe('records that a server renews', () => {
  it('within one second have rising times, so that receivers follow', async () => {
    const withPort = (port: number) => ({ fleet: fleetOf({ port }), key });
    let sent = await signedRecord(withPort(5000), withPort(5000).fleet.objects[0]!, content, nowS);
    for (const port of [5001, 5002, 5003]) {
      const signing = withPort(port);
      const next = await renewedRecord(signing, signing.fleet.objects[0]!, content, sent, nowS);
      expect(next?.descriptor.createdS).toBe(sent.descriptor.createdS + 1);
      expect(next?.descriptor.channels[0]?.port).toBe(port);
      expect(await renewedRecord(signing, signing.fleet.objects[0]!, content, next!, nowS)).toBeUndefined();
      sent = next!;
    }
  });

  it('take the time of the clock again when the clock was set back far', async () => {
    const signing = { fleet: fleetOf({}), key };
    const sent = await signedRecord(signing, signing.fleet.objects[0]!, content, nowS);
    const next = await renewedRecord(signing, signing.fleet.objects[0]!, content, sent, nowS - 3600);
    expect(next?.descriptor.createdS).toBe(nowS - 3600);
  });
});
