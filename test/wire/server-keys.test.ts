import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import { publicKeyOf, rawPublicKey } from '../../dist/wire/public-key.js';
import { derivedServerKey } from '../../dist/wire/server-keys.js';
import { privateKey } from './descriptor-samples.js';
import { fromHex, toHex, vectorsOf } from './vectors.js';

const { fleet, server, serverKeySeed, publicKey, runs } = vectorsOf<{
  readonly fleet: string;
  readonly server: string;
  readonly serverKeySeed: string;
  readonly publicKey: string;
  readonly runs: readonly { readonly record: string }[];
}>('runs');

describe('the key of a server', () => {
  it('follows from the key of its fleet as in the vectors', () => {
    const key = derivedServerKey(privateKey, fleet, server);
    expect(Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url').toString('hex')).toBe(serverKeySeed);
    expect(toHex(rawPublicKey(key))).toBe(publicKey);
  });

  it('is another for another server, fleet and key of a fleet', () => {
    const other = generateKeyPairSync('ed25519').privateKey;
    const keys = [
      derivedServerKey(privateKey, 'lab', 'one'),
      derivedServerKey(privateKey, 'lab', 'two'),
      derivedServerKey(privateKey, 'la', 'one'),
      derivedServerKey(other, 'lab', 'one'),
      privateKey,
    ];
    expect(new Set(keys.map((key) => toHex(rawPublicKey(key)))).size).toBe(keys.length);
  });

  it('has 32 public bytes, which make it again', () => {
    const pair = generateKeyPairSync('ed25519');
    expect(toHex(rawPublicKey(pair.publicKey))).toBe(toHex(rawPublicKey(pair.privateKey)));
    expect(publicKeyOf(rawPublicKey(pair.privateKey))!.equals(createPublicKey(pair.privateKey))).toBe(true);
  });

  it('makes signatures of runs that openssl verifies', () => {
    const folder = mkdtempSync(join(tmpdir(), 'layercast-openssl-'));
    try {
      const record = Buffer.from(fromHex(runs[0]!.record));
      const text = [
        Buffer.from('layercast run 2\0'),
        record.subarray(0, HEADER_BYTES),
        record.subarray(HEADER_BYTES + 64),
      ];
      writeFileSync(join(folder, 'text'), Buffer.concat(text));
      writeFileSync(join(folder, 'signature'), record.subarray(HEADER_BYTES, HEADER_BYTES + 64));
      writeFileSync(join(folder, 'key'), publicKeyOf(fromHex(publicKey))!.export({ type: 'spki', format: 'pem' }));
      const args = ['-verify', '-pubin', '-inkey', 'key', '-rawin', '-in', 'text', '-sigfile', 'signature'];
      expect(execFileSync('openssl', ['pkeyutl', ...args], { cwd: folder, encoding: 'utf8' })).toContain(
        'Successfully',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
