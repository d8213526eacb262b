import { generateKeyPairSync } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../../dist/fleet/load-fleet.js';
import { geometryOf } from '../../../dist/object/geometry.js';
import { serverKeyIn, serverKeyPath } from '../../../dist/publish/records/server-key-file.js';
import { runKeyFor } from '../../../dist/publish/records/server-keys.js';
import { renewedRecord, signedRecord } from '../../../dist/publish/records/signing.js';
import { rawPublicKey } from '../../../dist/wire/public-key.js';
import { derivedServerKey } from '../../../dist/wire/server-keys.js';
import { scratchDirectory } from '../../store/scratch.js';

const scratch = await scratchDirectory();
const fleetKey = generateKeyPairSync('ed25519').privateKey;
const own = generateKeyPairSync('ed25519').privateKey;
const base64 = (key = own) => Buffer.from(rawPublicKey(key)).toString('base64');
const content = { geometry: geometryOf(1000, 100, 1), sha256: new Uint8Array(32), blockDigests: new Uint8Array(32) };

function fleetOf(servers: object) {
  const o = { file: 'file', version: 1, channels: [{ rate: '1Mbit' }] };
  return parseFleet(JSON.stringify({ fleet: 'f', objects: { o }, servers }), join(scratch, 'f.yaml'));
}

async function described(servers: object, isKeyOnServers = true) {
  const fleet = fleetOf(servers);
  const signing = { fleet, key: fleetKey, isKeyOnServers };
  return signedRecord(signing, fleet.objects[0]!, content, 1_800_000_000);
}

describe('the descriptor of an object', () => {
  it('names, for servers that hold the key of their fleet, the keys that they derive from it', async () => {
    const { descriptor } = await described({ a: {}, b: { serverKey: base64() } });
    const [a, b] = [derivedServerKey(fleetKey, 'f', 'a'), own];
    expect(descriptor.servers.map(({ publicKey }) => publicKey)).toEqual([
      rawPublicKey(a),
      Buffer.from(rawPublicKey(b)),
    ]);
    expect(runKeyFor(descriptor, 0, a)).toBe(a);
    expect(runKeyFor(descriptor, 1, own)).toBe(own);
    expect(runKeyFor(descriptor, 0, own)).toBeUndefined();
    expect(runKeyFor(descriptor, 7, own)).toBeUndefined();
    expect(runKeyFor(descriptor, 0, undefined)).toBeUndefined();
  });

  it('that is signed for servers without that key names only the keys that the fleet file gives', async () => {
    const { descriptor } = await described({ a: {}, b: { serverKey: base64() } }, false);
    expect(descriptor.servers.map(({ publicKey }) => publicKey !== undefined)).toEqual([false, true]);
    expect(runKeyFor(descriptor, 0, derivedServerKey(fleetKey, 'f', 'a'))).toBeUndefined();
  });

  it('is signed anew when a server has another key', async () => {
    const sent = await described({ a: {} });
    const fleet = fleetOf({ a: { serverKey: base64() } });
    const next = await renewedRecord({ fleet, key: fleetKey }, fleet.objects[0]!, content, sent, 1_800_000_001);
    expect(next!.descriptor.servers[0]!.publicKey).toEqual(Buffer.from(rawPublicKey(own)));
    expect(
      await renewedRecord({ fleet, key: fleetKey }, fleet.objects[0]!, content, next!, 1_800_000_002),
    ).toBeUndefined();
  });
});

describe('a serverKey in a fleet file', () => {
  it.each([
    ['another length', 'AAAA'],
    ['bits after the 32 bytes', `${base64().slice(0, 42)}B=`],
    ['Base64 for addresses', `${'_'.repeat(42)}A=`],
    ['a number', 5],
  ])('is refused with %s', (_what, serverKey) => {
    expect(() => fleetOf({ a: { serverKey } })).toThrow(/serverKey: not a public key/);
  });
});

describe('the key in a state directory', () => {
  it('is made once, for its user alone, and found again', async () => {
    const folder = join(scratch, 'new', 'state');
    const made = await serverKeyIn(folder);
    expect((await stat(serverKeyPath(folder))).mode & 0o777).toBe(0o600);
    expect((await serverKeyIn(folder)).equals(made)).toBe(true);
    expect(await readFile(serverKeyPath(folder), 'utf8')).toContain('BEGIN PRIVATE KEY');
  });

  it('is not replaced when the file holds something else', async () => {
    const folder = join(scratch, 'spoilt');
    await serverKeyIn(folder);
    await writeFile(serverKeyPath(folder), 'noise');
    await chmod(serverKeyPath(folder), 0o600);
    await expect(serverKeyIn(folder)).rejects.toMatchObject({ code: 'KEY_INVALID' });
    expect(await readFile(serverKeyPath(folder), 'utf8')).toBe('noise');
  });
});
