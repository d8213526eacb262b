import { createHash } from 'node:crypto';
import { LayercastError } from '../base/errors.js';
import { DIGEST_BYTES } from '../base/limits.js';

/** Leaves that one proof is for: with their 512 bytes and the proof of 10^6 blocks they fit the smallest datagram. */
export const RUN_LEAVES = 16;
/** log2 of the above: the level where a run is one node. */
const RUN_LEVEL = 4;

/** RFC 9162, section 2.1.1: leaves and nodes are hashed with different prefixes, so that neither passes for the other. */
const LEAF_PREFIX = Uint8Array.of(0x00);
const NODE_PREFIX = Uint8Array.of(0x01);

/**
 * The Merkle tree of RFC 9162, section 2.1, over block digests; its root stands in the signed descriptor. All levels are
 * kept (64 bytes a block), so a proof is a few lookups.
 *
 * The RFC splits n leaves at the largest power of two below n. Joining neighbours level by level, with a last one that has
 * no neighbour moving up as it is, makes the same tree.
 */
export class MerkleTree {
  readonly root: Buffer;
  readonly leafCount: number;
  /** Level 0 has the hashed leaves, the last one the root. */
  readonly #levels: readonly Buffer[];

  /**
   * @param digests the block digests, 32 bytes each
   * @throws {LayercastError} `INTERNAL` when they are not whole digests
   */
  constructor(digests: Uint8Array) {
    if (digests.length % DIGEST_BYTES !== 0) {
      throw new LayercastError('INTERNAL', `${digests.length} bytes are not a whole number of digests`);
    }
    this.leafCount = digests.length / DIGEST_BYTES;
    const levels = [hashLeaves(digests)];
    while (levels.at(-1)!.length > DIGEST_BYTES) levels.push(joinPairs(levels.at(-1)!));
    this.#levels = levels;
    this.root = this.leafCount === 0 ? createHash('sha256').digest() : levels.at(-1)!;
  }

  get runCount(): number {
    return Math.ceil(this.leafCount / RUN_LEAVES);
  }

  /**
   * The hashes that are needed besides the leaves `16·runIndex …` (16, or fewer in the last run) to compute the root: the
   * neighbour, where there is one, at each level of the tree from the run's own level on.
   */
  proofOfRun(runIndex: number): Uint8Array[] {
    if (!(runIndex >= 0 && runIndex < this.runCount)) {
      throw new LayercastError('INTERNAL', `no run ${runIndex} in a tree of ${this.leafCount} leaves`);
    }
    const proof: Uint8Array[] = [];
    let index = runIndex;
    for (const level of this.#levels.slice(RUN_LEVEL, -1)) {
      const start = (index ^ 1) * DIGEST_BYTES;
      if (start < level.length) proof.push(level.subarray(start, start + DIGEST_BYTES));
      index >>>= 1;
    }
    return proof;
  }
}

/** Root over block digests (32 bytes each); of none, the hash of nothing (RFC 9162, section 2.1.1). */
export function merkleRoot(digests: Uint8Array): Buffer {
  return new MerkleTree(digests).root;
}

/**
 * Whether `leaves` are the block digests `16·runIndex …` of the tree with this root. Never throws, whatever the arguments.
 * @param blockCount leaves of the tree, from the same source as the root
 * @param leaves the digests of the run one after the other
 */
export function verifyRun(
  root: Uint8Array,
  blockCount: number,
  runIndex: number,
  leaves: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  const runCount = Math.ceil(blockCount / RUN_LEAVES);
  // 2^32 blocks are more than any geometry has; beyond, the shifts below would not be exact.
  const isRun = Number.isInteger(blockCount) && Number.isInteger(runIndex) && runIndex >= 0 && runIndex < runCount;
  if (!isRun || blockCount > 2 ** 32 || root.length !== DIGEST_BYTES) return false;
  const leafCount = Math.min(RUN_LEAVES, blockCount - runIndex * RUN_LEAVES);
  if (leaves.length !== leafCount * DIGEST_BYTES) return false;

  let node = merkleSubtree(leaves);
  let used = 0;
  for (let index = runIndex, last = runCount - 1; last > 0; index >>>= 1, last >>>= 1) {
    const isAlone = index === last && (index & 1) === 0;
    if (isAlone) continue;
    const neighbour = proof[used++];
    if (neighbour?.length !== DIGEST_BYTES) return false;
    node = (index & 1) === 1 ? hashNode(neighbour, node) : hashNode(node, neighbour);
  }
  return used === proof.length && node.equals(root);
}

function merkleSubtree(leaves: Uint8Array): Buffer {
  let level = hashLeaves(leaves);
  while (level.length > DIGEST_BYTES) level = joinPairs(level);
  return level;
}

function hashLeaves(digests: Uint8Array): Buffer {
  const hashed = Buffer.alloc(digests.length);
  for (let start = 0; start < digests.length; start += DIGEST_BYTES) {
    const leaf = digests.subarray(start, start + DIGEST_BYTES);
    createHash('sha256').update(LEAF_PREFIX).update(leaf).digest().copy(hashed, start);
  }
  return hashed;
}

function joinPairs(level: Buffer): Buffer {
  const joined = Buffer.alloc(Math.ceil(level.length / DIGEST_BYTES / 2) * DIGEST_BYTES);
  for (let start = 0; start < level.length; start += 2 * DIGEST_BYTES) {
    const left = level.subarray(start, start + DIGEST_BYTES);
    const right = level.subarray(start + DIGEST_BYTES, start + 2 * DIGEST_BYTES);
    (right.length === 0 ? left : hashNode(left, right)).copy(joined, start / 2);
  }
  return joined;
}

function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(NODE_PREFIX).update(left).update(right).digest();
}
