import type { BlockContent } from '../receiver/assemble/block-content.js';

/** Consecutive places of a block, counted from its first place. */
export type BlockRun = readonly [first: number, count: number];

/** A block in a file, all of whose symbols are in the file itself. Nobody else writes there while it is restored. */
export interface StoredBlock {
  /** The open file, which must stay open until the promise of `restore` is settled. */
  readonly fd: number;
  /** The name of the file, for messages. */
  readonly path: string;
  /** Where the block begins in the file. */
  readonly position: number;
  /** Bytes of the block; its last symbol may be short. */
  readonly lengthBytes: number;
  readonly symbolBytes: number;
  readonly content: BlockContent;
}
