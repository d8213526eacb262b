/**
 * RaptorQ (RFC 6330): from the K symbols of a block, as many different symbols as anyone likes, any K of which — rarely
 * one or two more — give the block back. Depends on nothing else in this project but its error type. See
 * docs/erasure-code.md.
 */

export { solveBlock } from './arrange.js';
export { type BlockCode, blockCode } from './code.js';
export { type PartialBlock, restoreBlock, SPARE_SYMBOLS } from './decoder.js';
export { BlockEncoder, replaceWithIntermediate } from './encoder.js';
export { type Partition, partition } from './partition.js';
export { CodingPool, type PoolOptions } from './pool.js';
export { type RowReader, RunEncoder } from './run-encoder.js';
