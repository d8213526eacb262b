import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MerkleTree, RUN_LEAVES } from '../../../dist/object/merkle.js';
import { BlockDigests } from '../../../dist/receiver/assemble/block-digests.js';

it('the digests of blocks are known from the run that brings them, once each, and only if they lead to the root', () => {
  const orders = fc
    .integer({ min: 1, max: 70 })
    .chain((blockCount) =>
      fc.tuple(
        fc.constant(blockCount),
        fc.array(fc.tuple(fc.nat(Math.ceil(blockCount / RUN_LEAVES)), fc.boolean()), { maxLength: 20 }),
      ),
    );
  fc.assert(
    fc.property(orders, ([blockCount, steps]) => {
      const leaves = randomBytes(blockCount * 32);
      const tree = new MerkleTree(leaves);
      const digests = new BlockDigests(tree.root, blockCount);
      const heard = new Set<number>();
      for (const [run, isForged] of steps) {
        const isRun = run < tree.runCount;
        const part = Buffer.from(leaves.subarray(run * RUN_LEAVES * 32, (run + 1) * RUN_LEAVES * 32));
        if (isForged) part.fill(0);
        const learnt = digests.addRun(run, { leaves: part, proof: isRun ? tree.proofOfRun(run) : [] });
        if (!isRun || (isForged && !heard.has(run))) expect(learnt).toBe(undefined);
        else expect(learnt?.count).toBe(heard.has(run) ? 0 : part.length / 32);
        if (learnt !== undefined) heard.add(run);
      }
      for (let block = 0; block < blockCount; block++) {
        const isHeard = heard.has(Math.floor(block / RUN_LEAVES));
        expect(digests.knows(block)).toBe(isHeard);
        const expected = isHeard ? leaves.subarray(block * 32, (block + 1) * 32) : new Uint8Array(32);
        expect(Buffer.compare(digests.of(block), expected)).toBe(0);
      }
      expect(digests.isComplete).toBe(heard.size === tree.runCount);
      expect(digests.addAll(leaves.subarray(32))).toBe(false);
      expect(digests.addAll(Buffer.alloc(leaves.length))).toBe(false);
      expect([digests.addAll(leaves), digests.isComplete]).toEqual([true, true]);
    }),
  );
});
