/**
 * RaptorQ (RFC 6330) makes up to 2^24 different symbols from the K symbols of a block. Any K of them restore the block; rarely
 * it takes one or two more. The folder uses nothing of this project but errors and limits. See
 * docs/erasure-code.md.
 */

export { solveBlock } from './arrange.js';
export { type BlockCode, blockCode } from './code.js';
export { type PartialBlock, restoreBlock, SPARE_SYMBOLS } from './decoder.js';
export { BlockEncoder } from './encoder.js';
export { type KernelBlock, openKernelBlock } from './kernel-block.js';
export { LoadedBlock } from './loaded-block.js';
export { openReceivedBlock, type ReceivedBlock } from './received-block.js';
export { type RowReader, RunEncoder } from './run-encoder.js';
