import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SIGNATURES, RecordKind } from '../../dist/wire/signature.js';
import {
  isSignedBy,
  packSignedRecord,
  type SignedRecord,
  signBody,
  unpackSignedRecord,
  withSignature,
} from '../../dist/wire/signed-record.js';
import { testKey } from './trust-samples.js';
import { fromHex, toHex, vectorsOf } from './vectors.js';

interface RecordVector {
  readonly what: string;
  readonly kind: RecordKind;
  readonly body: string;
  readonly signers: readonly number[];
  readonly record: string;
}

const vectors = vectorsOf<{ readonly records: readonly RecordVector[] }>('roots').records;

function signed(kind: RecordKind, body: Uint8Array, ...numbers: readonly number[]): SignedRecord {
  const bare: SignedRecord = { kind, signatures: [], body };
  return numbers.reduce(
    (record, number) => withSignature(record, signBody(kind, body, testKey(number).privateKey)),
    bare,
  );
}

const publicKeyOf = (number: number) => createPublicKey(testKey(number).privateKey);

describe('a signed record', () => {
  it.each(vectors)('is made and read as in the vectors: $what', ({ kind, body, signers, record }) => {
    const made = signed(kind, fromHex(body), ...signers);
    expect(toHex(packSignedRecord(made))).toBe(record);
    const found = unpackSignedRecord(fromHex(record))!;
    expect(toHex(found.body)).toBe(body);
    expect(found.signatures.map(({ keyId }) => keyId)).toEqual(signers.map((number) => testKey(number).id).sort());
    const owners = new Map(signers.map((number) => [testKey(number).id, publicKeyOf(number)]));
    for (const signature of found.signatures) {
      expect(isSignedBy(found, signature, owners.get(signature.keyId)!)).toBe(true);
    }
  });

  it('has one signature of each key, in any order of signing the same bytes', () => {
    const body = Buffer.from('text');
    const once = packSignedRecord(signed(RecordKind.root, body, 1, 2, 3));
    expect(packSignedRecord(signed(RecordKind.root, body, 3, 1, 2, 1))).toEqual(once);
  });

  it('signed as one kind is not valid as another', () => {
    const record = signed(RecordKind.root, Buffer.from('text'), 1);
    const other = { ...record, kind: RecordKind.catalogue };
    expect(isSignedBy(record, record.signatures[0]!, publicKeyOf(1))).toBe(true);
    expect(isSignedBy(other, other.signatures[0]!, publicKeyOf(1))).toBe(false);
  });

  it('is verified by openssl, given the text that docs/wire-format.md says is signed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'layercast-openssl-'));
    try {
      const { body, kind, signers, record } = vectors[0]!;
      const signature = unpackSignedRecord(fromHex(record))!.signatures[0]!;
      const number = signers.find((one) => testKey(one).id === signature.keyId)!;
      const at = (name: string) => join(folder, name);
      writeFileSync(
        at('text'),
        Buffer.concat([Buffer.from('layercast record 2\0'), Uint8Array.of(kind), fromHex(body)]),
      );
      writeFileSync(at('signature'), signature.bytes);
      writeFileSync(at('key.pub'), publicKeyOf(number).export({ type: 'spki', format: 'pem' }));
      const verify = ['pkeyutl', '-verify', '-pubin', '-inkey', at('key.pub'), '-rawin', '-in', at('text')];
      const said = execFileSync('openssl', [...verify, '-sigfile', at('signature')], { encoding: 'utf8' });
      expect(said).toMatch(/Signature Verified Successfully/);
      writeFileSync(at('text'), 'another text');
      expect(() => execFileSync('openssl', [...verify, '-sigfile', at('signature')], { stdio: 'pipe' })).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the reader of signed records', () => {
  const record = packSignedRecord(signed(RecordKind.catalogue, Buffer.from('body'), 1, 2));

  it('refuses every truncation that leaves no body', () => {
    const bodyStart = record.length - 4;
    for (let length = 0; length <= bodyStart; length++) {
      expect(unpackSignedRecord(record.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
  });

  it('accepts no flipped bit as signed by both keys', () => {
    for (let bit = 0; bit < record.length * 8; bit++) {
      const damaged = Uint8Array.from(record);
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      const found = unpackSignedRecord(damaged);
      const valid = found?.signatures.filter((signature) =>
        [1, 2].some(
          (number) => testKey(number).id === signature.keyId && isSignedBy(found, signature, publicKeyOf(number)),
        ),
      );
      expect(valid?.length ?? 0, `bit ${bit}`).toBeLessThan(2);
    }
  });

  it('refuses unknown kinds and too many signatures', () => {
    const packed = (changed: SignedRecord['signatures']) =>
      packSignedRecord({ kind: RecordKind.root, signatures: changed, body: Buffer.from('b') });
    const many = Array.from({ length: MAX_SIGNATURES + 1 }, (_, index) => ({
      keyId: index.toString(16).padStart(16, '0'),
      bytes: new Uint8Array(64),
    }));
    expect(unpackSignedRecord(packed(many.slice(1)))).toBeDefined();
    expect(unpackSignedRecord(packed(many))).toBeUndefined();
    for (const kind of [0, 4, 99, 0xde]) {
      expect(unpackSignedRecord(Buffer.concat([Uint8Array.of(kind), record.subarray(1)]))).toBeUndefined();
    }
  });

  it('returns a copy and never throws, whatever the bytes are', () => {
    const buffer = Uint8Array.from(record);
    const found = unpackSignedRecord(buffer)!;
    buffer.fill(0);
    expect(packSignedRecord(found)).toEqual(Buffer.from(record));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const random = unpackSignedRecord(bytes);
        if (random !== undefined) expect(packSignedRecord(random)).toEqual(Buffer.from(bytes));
      }),
    );
  });
});
