import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIGEST_BYTES, HEADER_BYTES } from '../../dist/base/limits.js';
import { MerkleTree, merkleRoot, RUN_LEAVES, verifyRun } from '../../dist/object/merkle.js';
import { digestDatagram, readDigestRun } from '../../dist/wire/digests.js';
import { DatagramType, type Header, newHeader, readHeader } from '../../dist/wire/header.js';
import { fromHex, toHex, vectorsOf } from './vectors.js';

const vector = vectorsOf<{
  readonly object: {
    readonly serverIndex: number;
    readonly channelIndex: number;
    readonly tag: string;
    readonly sizeBytes: number;
    readonly symbolBytes: number;
    readonly blockCount: number;
  };
  readonly blockDigests: readonly string[];
  readonly blockRoot: string;
  readonly runs: readonly {
    readonly run: number;
    readonly leafCount: number;
    readonly proof: readonly string[];
    readonly datagram: string;
  }[];
}>('digests');

const { tag, ...sizes } = vector.object;
const object: Header = {
  ...newHeader(),
  ...sizes,
  tagHigh: Number.parseInt(tag.slice(0, 8), 16),
  tagLow: Number.parseInt(tag.slice(8), 16),
};
const blockDigests = fromHex(vector.blockDigests.join(''));
const root = fromHex(vector.blockRoot);

function parse(datagram: Uint8Array): { readonly header: Header; readonly run: ReturnType<typeof readDigestRun> } {
  const header = newHeader();
  expect(readHeader(datagram, 0, datagram.length, header)).toBeUndefined();
  return { header, run: readDigestRun(header, datagram, HEADER_BYTES, datagram.length - HEADER_BYTES) };
}

/** RFC 9162, section 2.1.1, word for word. */
function slowRoot(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 1) return createHash('sha256').update(Uint8Array.of(0)).update(leaves[0]!).digest();
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const node = createHash('sha256').update(Uint8Array.of(1));
  return node
    .update(slowRoot(leaves.slice(0, split)))
    .update(slowRoot(leaves.slice(split)))
    .digest();
}

describe('a datagram of block digests', () => {
  it('of the vectors leads to the root that RFC 9162 computes', () => {
    vector.blockDigests.forEach((digest, i) => {
      expect(createHash('sha256').update(`block ${i}`).digest('hex')).toBe(digest);
    });
    expect(slowRoot(vector.blockDigests.map(fromHex)).toString('hex')).toBe(vector.blockRoot);
    expect(merkleRoot(blockDigests).toString('hex')).toBe(vector.blockRoot);
  });

  it.each(vector.runs)(
    'is as in the vectors: run $run of $leafCount digests',
    ({ run, leafCount, proof, datagram }) => {
      const leaves = blockDigests.subarray(run * RUN_LEAVES * 32, (run * RUN_LEAVES + leafCount) * 32);
      expect(new MerkleTree(blockDigests).proofOfRun(run).map(toHex)).toEqual(proof);
      expect(toHex(digestDatagram(object, run, { leaves, proof: proof.map(fromHex) }))).toBe(datagram);

      const found = parse(fromHex(datagram));
      expect(found.header).toEqual({ ...object, type: DatagramType.digests, block: run, esi: leafCount });
      expect(toHex(found.run!.leaves)).toBe(toHex(leaves));
      expect(found.run!.proof.map(toHex)).toEqual(proof);
      expect(verifyRun(root, 37, run, found.run!.leaves, found.run!.proof)).toBe(true);
    },
  );

  it.each(vector.runs)(
    'of run $run is not valid if any bit of its payload, or the number of the run, is another',
    (one) => {
      const datagram = fromHex(one.datagram);
      for (let bit = HEADER_BYTES * 8; bit < datagram.length * 8; bit += 7) {
        const damaged = Uint8Array.from(datagram);
        damaged[bit >>> 3]! ^= 1 << (bit & 7);
        const { header, run } = parse(damaged);
        expect(verifyRun(root, 37, header.block, run!.leaves, run!.proof), `bit ${bit}`).toBe(false);
      }
      const { run } = parse(datagram);
      for (const other of [0, 1, 2, 3].filter((index) => index !== one.run)) {
        expect(verifyRun(root, 37, other, run!.leaves, run!.proof)).toBe(false);
      }
    },
  );

  it('is read as it was written, with any number of leaves and siblings', () => {
    const digests = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 20 });
    fc.assert(
      fc.property(digests, digests, fc.nat(2 ** 32 - 1), (leaves, proof, index) => {
        const { header, run } = parse(digestDatagram(object, index, { leaves: Buffer.concat(leaves), proof }));
        expect(header.block).toBe(index);
        if (leaves.length === 0) expect(run).toBeUndefined();
        else expect(run).toEqual({ leaves: Uint8Array.from(Buffer.concat(leaves)), proof });
      }),
    );
  });

  it('fits the smallest MTU for 2^25 blocks, whose proofs have 21 siblings', () => {
    const proof = new Array<Uint8Array>(21).fill(new Uint8Array(DIGEST_BYTES));
    const datagram = digestDatagram(object, 0, { leaves: new Uint8Array(RUN_LEAVES * DIGEST_BYTES), proof });
    expect(datagram.length + 8 + 40).toBeLessThanOrEqual(1280);
  });
});

describe('the reader of block digests', () => {
  const payload = fromHex(vector.runs[0]!.datagram).subarray(HEADER_BYTES);

  it('refuses every payload that is no whole number of digests, or has less of them than the header says', () => {
    for (let length = 0; length <= payload.length; length++) {
      const fits = length % 32 === 0 && length >= 16 * 32;
      const run = readDigestRun({ ...object, esi: 16 }, payload, 0, length);
      expect(run !== undefined, `${length} bytes`).toBe(fits);
    }
  });

  it('refuses runs without digests and with too many', () => {
    for (const esi of [0, 20, 2 ** 27, 2 ** 32 - 1]) {
      expect(readDigestRun({ ...object, esi }, payload, 0, payload.length), `${esi} leaves`).toBeUndefined();
    }
    expect(readDigestRun({ ...object, esi: 0 }, payload, 0, 0)).toBeUndefined();
  });

  it('returns copies: the next datagram in the same buffer changes nothing', () => {
    const buffer = Uint8Array.from([9, 9, ...payload]);
    const run = readDigestRun({ ...object, esi: 16 }, buffer, 2, payload.length)!;
    const before = [run.leaves, ...run.proof].map(toHex);
    buffer.fill(0);
    expect([run.leaves, ...run.proof].map(toHex)).toEqual(before);
    expect(before.join('')).toBe(toHex(payload));
  });
});
