import { solveBlock } from '../../../dist/fec/index.js';
import { blockLength, blockSymbolCount, type Geometry } from '../../../dist/object/geometry.js';
import type { BlockContent } from '../../../dist/receiver/assemble/block-content.js';

/** Bytes of a block, from what its places and its spare symbols hold; undefined when its symbols do not determine it. */
export type SolveBlock = (
  geometry: Geometry,
  block: number,
  content: BlockContent,
  read: (into: Uint8Array) => void,
) => Uint8Array | undefined;

/** Solves a block in memory of its own, as slowly as it takes, and as simply as it can be written. */
export const solvedBlock: SolveBlock = (geometry, block, { esis, spares }, read) => {
  const { symbolBytes } = geometry;
  const length = blockLength(geometry, block);
  const memory = new Uint8Array(blockSymbolCount(geometry, block) * symbolBytes);
  read(memory.subarray(0, length));
  const spare = new Uint8Array(spares.length * symbolBytes);
  for (const [i, { bytes }] of spares.entries()) spare.set(bytes, i * symbolBytes);
  const rowEsis = Int32Array.from([...esis, ...spares.map(({ esi }) => esi)]);
  return solveBlock({ block: memory, spare, esis: rowEsis }, symbolBytes) ? memory.subarray(0, length) : undefined;
};
