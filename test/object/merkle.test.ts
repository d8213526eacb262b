import { createHash, hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MerkleTree, merkleRoot, RUN_LEAVES, verifyRun } from '../../dist/object/merkle.js';

/** RFC 9162, section 2.1.1, word for word. */
function slowRoot(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return createHash('sha256').update(Uint8Array.of(0)).update(leaves[0]!).digest();
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = slowRoot(leaves.slice(0, split));
  const right = slowRoot(leaves.slice(split));
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest();
}

/** Neighbours of the subtree over leaves `first .. end` on the way to the root, nearest first. */
function slowProof(leaves: readonly Uint8Array[], first: number, end: number): Buffer[] {
  if (first === 0 && end === leaves.length) return [];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return end <= split
    ? [...slowProof(leaves.slice(0, split), first, end), slowRoot(leaves.slice(split))]
    : [...slowProof(leaves.slice(split), first - split, end - split), slowRoot(leaves.slice(0, split))];
}

function digestsOf(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => hash('sha256', `block ${i}`, 'buffer'));
}

function runOf(leaves: readonly Uint8Array[], run: number): Buffer {
  return Buffer.concat(leaves.slice(run * RUN_LEAVES, (run + 1) * RUN_LEAVES));
}

const COUNTS = [...Array.from({ length: 70 }, (_, i) => i), 127, 128, 129, 255, 256, 257, 272, 273, 500];

describe('the Merkle tree over block digests', () => {
  it('has the root and the proofs of RFC 9162 for any number of leaves', () => {
    for (const count of COUNTS) {
      const leaves = digestsOf(count);
      const tree = new MerkleTree(Buffer.concat(leaves));
      expect(tree.root).toEqual(slowRoot(leaves));
      for (let run = 0; run < tree.runCount; run++) {
        const proof = tree.proofOfRun(run);
        expect(proof).toEqual(slowProof(leaves, run * RUN_LEAVES, Math.min(count, (run + 1) * RUN_LEAVES)));
        expect(verifyRun(tree.root, count, run, runOf(leaves, run), proof)).toBe(true);
      }
    }
  });

  it('knows the empty tree and the tree of one leaf', () => {
    expect(merkleRoot(new Uint8Array(0)).toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    const leaf = Buffer.alloc(32, 7);
    expect(merkleRoot(leaf).toString('hex')).toBe(hash('sha256', Buffer.concat([Uint8Array.of(0), leaf])));
  });

  it('refuses a run when any bit of root, leaves or proof is flipped', () => {
    for (const [count, run] of [
      [1, 0],
      [17, 1],
      [40, 2],
      [100, 3],
    ] as const) {
      const leaves = digestsOf(count);
      const all = Buffer.concat(leaves);
      const root = Buffer.from(merkleRoot(all));
      const members = runOf(leaves, run);
      const proof = new MerkleTree(all).proofOfRun(run).map((node) => Buffer.from(node));
      for (const bytes of [root, members, ...proof]) {
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          bytes[bit >>> 3]! ^= 1 << (bit & 7);
          expect(verifyRun(root, count, run, members, proof)).toBe(false);
          bytes[bit >>> 3]! ^= 1 << (bit & 7);
        }
      }
      expect(verifyRun(root, count, run, members, proof)).toBe(true);
    }
  });

  it('refuses a run with another index, another number of leaves or another length of proof', () => {
    for (const count of [1, 16, 17, 33, 100, 256, 300]) {
      const leaves = digestsOf(count);
      const tree = new MerkleTree(Buffer.concat(leaves));
      for (let run = 0; run < tree.runCount; run++) {
        const members = runOf(leaves, run);
        const proof = tree.proofOfRun(run);
        for (let other = 0; other <= tree.runCount; other++) {
          expect(verifyRun(tree.root, count, other, members, proof)).toBe(other === run);
        }
        expect(verifyRun(tree.root, count, run, members.subarray(32), proof)).toBe(false);
        expect(verifyRun(tree.root, count, run, Buffer.concat([members, members]), proof)).toBe(false);
        expect(verifyRun(tree.root, count, run, members, [...proof, tree.root])).toBe(false);
        if (proof.length > 0) expect(verifyRun(tree.root, count, run, members, proof.slice(1))).toBe(false);
      }
    }
  });

  it('does not take nodes for leaves', () => {
    const leaves = digestsOf(32);
    const tree = new MerkleTree(Buffer.concat(leaves));
    const nodes = Buffer.concat([slowRoot(leaves.slice(0, 16)), slowRoot(leaves.slice(16))]);
    expect(verifyRun(tree.root, 2, 0, nodes, [])).toBe(false);
  });

  it('answers no, and never throws, for any wrong arguments', () => {
    const anyNumber = fc.oneof(fc.integer(), fc.double(), fc.nat(40), fc.constant(2 ** 32), fc.constant(2 ** 53));
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 33, minLength: 31 }),
        anyNumber,
        anyNumber,
        fc.oneof(fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ minLength: 512, maxLength: 512 })),
        fc.array(fc.uint8Array({ minLength: 31, maxLength: 33 }), { maxLength: 40 }),
        (root, count, run, leaves, proof) => {
          expect(verifyRun(root, count, run, leaves, proof)).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is not made of parts of digests, and proves no run that it does not have', () => {
    expect(() => new MerkleTree(new Uint8Array(33))).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    const tree = new MerkleTree(Buffer.concat(digestsOf(17)));
    for (const run of [-1, 2, Number.NaN]) {
      expect(() => tree.proofOfRun(run)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    }
  });
});
