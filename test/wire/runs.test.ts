import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import { DATAGRAM_HASH_WORDS, hashDatagram } from '../../dist/wire/datagram-hash.js';
import { DatagramType, newHeader, readHeader, writeHeader } from '../../dist/wire/header.js';
import { publicKeyOf } from '../../dist/wire/public-key.js';
import { isRunRecord, listsHash, RUN_DATAGRAMS, RunRecords, runRecordBytes } from '../../dist/wire/runs.js';
import { fromHex, vectorsOf } from './vectors.js';

const vectors = vectorsOf<{
  readonly publicKey: string;
  readonly runs: readonly { readonly what: string; readonly datagrams: readonly string[]; readonly record: string }[];
}>('runs');
const publicKey = publicKeyOf(fromHex(vectors.publicKey)) as KeyObject;
const records = new RunRecords();

function headerOf(bytes: Uint8Array) {
  const header = newHeader();
  expect(readHeader(bytes, 0, bytes.length, header)).toBeUndefined();
  return header;
}

function hashesOf(datagrams: readonly Uint8Array[]): Uint32Array {
  const hashes = new Uint32Array(RUN_DATAGRAMS * DATAGRAM_HASH_WORDS);
  for (const [i, datagram] of datagrams.entries()) hashDatagram(datagram, 0, datagram.length, hashes, 4 * i);
  return hashes;
}

/** A signed record of these datagrams. */
function recordOf(datagrams: readonly Uint8Array[], key: KeyObject): Uint8Array {
  const bytes = new Uint8Array(runRecordBytes(datagrams.length));
  writeHeader({ ...newHeader(), type: DatagramType.run, esi: datagrams.length, sequence: 7 }, bytes, 0);
  records.sign(bytes, 0, hashesOf(datagrams), datagrams.length, key);
  return bytes;
}

describe('a run record', () => {
  it.each(vectors.runs)('is as in the vectors: $what', ({ datagrams, record }) => {
    const bytes = fromHex(record);
    const { type, esi, sequence } = headerOf(bytes);
    expect([type, esi]).toEqual([DatagramType.run, datagrams.length]);
    expect(isRunRecord(esi, bytes.length - HEADER_BYTES)).toBe(true);
    expect(records.isGenuine(bytes, 0, esi, publicKey)).toBe(true);
    for (const [i, hex] of datagrams.entries()) {
      const datagram = fromHex(hex);
      expect((headerOf(datagram).sequence + esi - i) >>> 0).toBe(sequence);
      const at = HEADER_BYTES + 64 + 16 * i;
      expect(Buffer.from(bytes.subarray(at, at + 16))).toEqual(
        createHash('sha256').update(datagram).digest().subarray(0, 16),
      );
      expect(listsHash(bytes, 0, i, hashesOf([datagram]), 0)).toBe(true);
    }
  });

  it('of the most datagrams fits the smallest MTU', () => {
    expect(runRecordBytes(RUN_DATAGRAMS) + 8 + 40).toBeLessThanOrEqual(1280);
  });

  it('is not genuine with any bit flipped, nor by another key', () => {
    const bytes = fromHex(vectors.runs[0]!.record);
    const { esi } = headerOf(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      expect(records.isGenuine(damaged, 0, esi, publicKey), `bit ${bit}`).toBe(false);
    }
    expect(records.isGenuine(bytes, 0, esi, generateKeyPairSync('ed25519').publicKey)).toBe(false);
  });

  it('has one length for each number of datagrams, from 1 to 64', () => {
    for (let count = 0; count <= RUN_DATAGRAMS + 1; count++) {
      const length = runRecordBytes(count) - HEADER_BYTES;
      expect(isRunRecord(count, length)).toBe(count >= 1 && count <= RUN_DATAGRAMS);
      for (const other of [length - 1, length + 1, length + 16, 0]) expect(isRunRecord(count, other)).toBe(false);
    }
    expect(isRunRecord(2 ** 32 - 1, 2 ** 36 - 1)).toBe(false);
  });

  it('lists each of its datagrams at its place alone, wherever it is in memory', () => {
    const { privateKey, publicKey: theirs } = generateKeyPairSync('ed25519');
    const any = fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 100 }), {
      minLength: 1,
      maxLength: RUN_DATAGRAMS,
      selector: (bytes) => bytes.join(),
    });
    fc.assert(
      fc.property(any, fc.nat(9), (datagrams, shift) => {
        const bytes = Buffer.concat([new Uint8Array(shift), recordOf(datagrams, privateKey), new Uint8Array(3)]);
        expect(records.isGenuine(bytes, shift, datagrams.length, theirs)).toBe(true);
        for (const [i, datagram] of datagrams.entries()) {
          const hashes = hashesOf([datagram]);
          for (let j = 0; j < datagrams.length; j++) expect(listsHash(bytes, shift, j, hashes, 0)).toBe(i === j);
        }
      }),
      { numRuns: 20 },
    );
  });
});
