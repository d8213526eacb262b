import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import {
  keyFingerprint,
  MAX_SIGNATURES,
  openRecord,
  peekRecord,
  privateKeyFrom,
  publicKeyFrom,
  RecordKind,
  signatureBytes,
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
  it.each(recordVectors)('is as in the vectors: $what', ({ body, prefix, signature }) => {
    const record = signRecord(fromHex(body), privateKey);
    expect(toHex(record)).toBe(prefix + signature + body);
    expect(toHex(openRecord(record, publicKey)!)).toBe(body);
    expect(toHex(peekRecord(record)!)).toBe(body);
  });

  it('opens to any bytes that were signed, with the right key alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 3000 }), (body) => {
        const record = signRecord(body, privateKey);
        expect(record.length).toBe(signatureBytes() + body.length);
        expect(toHex(openRecord(record, publicKey)!)).toBe(toHex(body));
        expect(openRecord(record, stranger.publicKey)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it('of several signatures opens when enough of the keys signed it, each counted once', () => {
    const others = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')] as const;
    const body = Uint8Array.of(1, 2, 3);
    const record = signRecord(body, [privateKey, others[0].privateKey, privateKey]);
    const keys = [publicKey, others[0].publicKey, others[1].publicKey];
    expect(record.length).toBe(signatureBytes(3) + 3);
    expect(openRecord(record, keys, RecordKind.descriptor, 2)).toEqual(Buffer.from(body));
    expect(openRecord(record, keys, RecordKind.descriptor, 3)).toBeUndefined();
    expect(openRecord(record, [publicKey, publicKey], RecordKind.descriptor, 2)).toBeUndefined();
    expect(openRecord(record, [], RecordKind.descriptor, 0)).toBeUndefined();
  });

  it('with the most signatures opens, and with one more does not', () => {
    const body = Uint8Array.of(1);
    const full = signRecord(body, new Array(MAX_SIGNATURES).fill(privateKey));
    const overfull = signRecord(body, new Array(MAX_SIGNATURES + 1).fill(privateKey));
    expect(openRecord(full, publicKey)).toEqual(Buffer.from(body));
    expect(openRecord(overfull, publicKey)).toBeUndefined();
    expect(peekRecord(overfull)).toBeUndefined();
  });

  it('is not valid as a record of another kind', () => {
    const record = signRecord(Uint8Array.of(1, 2, 3), privateKey);
    record[0] = 2;
    expect(openRecord(record, publicKey)).toBeUndefined();
    expect(openRecord(record, publicKey, 2 as RecordKind)).toBeUndefined();
  });

  it('is not valid when the same key signed the same bytes for another purpose', () => {
    const body = fromHex(recordVectors[0]!.body);
    const prefix = fromHex(recordVectors[0]!.prefix);
    const signedAs = (text: Uint8Array) => Buffer.concat([prefix, sign(null, text, privateKey), body]);
    expect(openRecord(signedAs(body), publicKey)).toBeUndefined();
    expect(openRecord(signedAs(Buffer.concat([Buffer.from('else\0\x01'), body])), publicKey)).toBeUndefined();
    const right = Buffer.concat([Buffer.from('layercast record 2\0\x01'), body]);
    expect(openRecord(signedAs(right), publicKey)).toEqual(Buffer.from(body));
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
