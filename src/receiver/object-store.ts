import type { SymbolSet } from '../object/symbol-set.js';
import type { ByteSink } from '../ports.js';

/** Where one version of an object is put together: a sink that remembers across crashes and, at the end, a whole file. */
export interface ObjectStore extends ByteSink {
  /** Symbols on disk from an earlier run. The receiver takes this set over and adds to it; the store keeps its own account. */
  readonly symbols: SymbolSet;
  /** Blocks verified in an earlier run; taken over in the same way. */
  readonly verifiedBlocks: SymbolSet;
  /** The next checkpoint records this block as verified. */
  acceptBlock(block: number): void;
  /** The block's symbols no longer count, from the next checkpoint on. */
  rejectBlock(block: number): void;
  /** Puts everything written so far on disk and into the journal. One at a time. Rejects with `DISK_FULL`, `FILE_IO`, … */
  checkpoint(): Promise<void>;
  /** Gives the complete file its name, in one step, and forgets the journal. */
  commit(): Promise<void>;
  /** Ends with progress kept. */
  close(): Promise<void>;
  /** Ends and forgets everything: another version has taken this one's place. */
  discard(): Promise<void>;
}
