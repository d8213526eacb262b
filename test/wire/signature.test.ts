import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import {
  keyFingerprint,
  openRecord,
  peekRecord,
  privateKeyFrom,
  publicKeyFrom,
  SIGNATURE_BYTES,
  signRecord,
} from '../../dist/wire/signature.js';
import { privateKey, publicKey, publicKeyHex, recordVectors } from './descriptor-samples.js';
import { fromHex, toHex } from './vectors.js';

const stranger = generateKeyPairSync('ed25519');
const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' });
const publicPem = publicKey.export({ type: 'spki', format: 'pem' });

function errorOf(run: () => unknown): LayercastError {
  try {
    run();
  } catch (error) {
    if (error instanceof LayercastError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a signed record', () => {
  it.each(recordVectors)('is as in the vectors: $what', ({ body, signature }) => {
    const record = signRecord(fromHex(body), privateKey);
    expect(toHex(record)).toBe(signature + body);
    expect(toHex(openRecord(record, publicKey)!)).toBe(body);
    expect(toHex(peekRecord(record))).toBe(body);
  });

  it('opens to any bytes that were signed, with the right key alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 3000 }), (body) => {
        const record = signRecord(body, privateKey);
        expect(record.length).toBe(SIGNATURE_BYTES + body.length);
        expect(toHex(openRecord(record, publicKey)!)).toBe(toHex(body));
        expect(openRecord(record, stranger.publicKey)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it('is not valid when the same key signed the same bytes for another purpose', () => {
    const body = fromHex(recordVectors[0]!.body);
    const bare = Buffer.concat([sign(null, body, privateKey), body]);
    const other = Buffer.concat([sign(null, Buffer.concat([Buffer.from('else\0'), body]), privateKey), body]);
    expect(openRecord(bare, publicKey)).toBeUndefined();
    expect(openRecord(other, publicKey)).toBeUndefined();
  });

  it('is not valid when it is truncated or longer than what was signed', () => {
    const record = signRecord(Uint8Array.of(1, 2, 3), privateKey);
    for (let length = 0; length < record.length; length++) {
      expect(openRecord(record.subarray(0, length), publicKey), `${length} bytes`).toBeUndefined();
    }
    expect(openRecord(Buffer.concat([record, Uint8Array.of(0)]), publicKey)).toBeUndefined();
  });

  it('of no bytes is not valid, even with a right signature', () => {
    expect(openRecord(signRecord(new Uint8Array(0), privateKey), publicKey)).toBeUndefined();
  });
});

describe('a key', () => {
  it('is the one of the vectors', () => {
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    expect(toHex(spki.subarray(-32))).toBe(publicKeyHex);
  });

  it('is read from PEM, as text or bytes', () => {
    expect(privateKeyFrom(privatePem, 'key').equals(privateKey)).toBe(true);
    expect(publicKeyFrom(Buffer.from(publicPem), 'pub').equals(publicKey)).toBe(true);
  });

  it('has one fingerprint, from either half, and no other key has it', () => {
    expect(keyFingerprint(privateKey)).toBe(keyFingerprint(publicKey));
    expect(keyFingerprint(publicKey)).toMatch(/^[0-9a-f]{16}$/);
    expect(keyFingerprint(stranger.publicKey)).not.toBe(keyFingerprint(publicKey));
  });

  it('that is private is refused where a public one belongs, with advice', () => {
    const error = errorOf(() => publicKeyFrom(privatePem, '/etc/layercast.pub'));
    expect(error.code).toBe('KEY_INVALID');
    expect(error.message).toContain('/etc/layercast.pub');
    expect(error.hint).toContain('layercast.pub');
  });

  const { privateKey: x25519 } = generateKeyPairSync('x25519');
  const { publicKey: p256 } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  it.each([
    ['nothing', '', 'no key'],
    ['text', 'not a key', 'no key'],
    ['a truncated key', privatePem.slice(0, 60), 'no key'],
    ['a public key', publicPem, '(found a public key)'],
    ['a key of another kind', x25519.export({ type: 'pkcs8', format: 'pem' }), 'x25519'],
  ])('is not read from %s where a private one belongs', (_what, pem, found) => {
    const error = errorOf(() => privateKeyFrom(pem, 'k'));
    expect(error.code).toBe('KEY_INVALID');
    expect(error.message).toContain(found);
  });

  it.each([
    ['nothing', '', 'no key'],
    ['a key of another kind', p256.export({ type: 'spki', format: 'pem' }), 'ec public'],
  ])('is not read from %s where a public one belongs', (_what, pem, found) => {
    const error = errorOf(() => publicKeyFrom(pem, 'p'));
    expect(error.code).toBe('KEY_INVALID');
    expect(error.message).toContain(found);
  });

  it('survives being written and read', () => {
    const pem = stranger.privateKey.export({ type: 'pkcs8', format: 'pem' });
    expect(createPrivateKey(pem).equals(privateKeyFrom(pem, 'k'))).toBe(true);
  });
});
