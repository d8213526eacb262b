import type { ByteSink } from '../../base/ports.js';
import type { Placements } from '../../object/placements.js';
import type { SymbolSet } from '../../object/symbol-set.js';

/**
 * Where one version of an object is put together: a sink that remembers across crashes and, at the end, a whole file.
 *
 * A place is the position of a symbol in the file, numbered like the object's symbols. While its own symbol is missing it can
 * hold a guest: another symbol of the same block, named by its ESI, kept for decoding the block. The object's last place can
 * not when it is short. `write` refuses a symbol whose place has a guest: such a symbol can be a guest elsewhere.
 */
export interface ObjectStore extends ByteSink {
  /** Symbols on disk from an earlier run. The receiver takes this set over and adds to it; the store keeps its own account. */
  readonly symbols: SymbolSet;
  /** Blocks verified in an earlier run; taken over in the same way. */
  readonly verifiedBlocks: SymbolSet;
  /** Guests on disk from an earlier run, none of them at a place in `symbols`; taken over in the same way. */
  readonly guests: Placements;
  /**
   * Copies `symbolBytes` bytes of `bytes` from `start` on to a free place of the symbol's block. False, with nothing taken,
   * when the write queue is full, or the place is not free: one of a rejected block is only after the next checkpoint.
   * @param esi of the symbol in the place's block, 0 .. 2^24 − 1.
   * @throws {LayercastError} `INTERNAL` for a place that cannot hold it: its own, a short one, one outside the object.
   */
  writeGuest(place: number, esi: number, bytes: Uint8Array, start: number): boolean;
  /**
   * Writes a decoded block over whatever its places hold; then all its symbols are there, and the next checkpoint records
   * them. Until it resolves, no symbol of the block is taken. A crash at any moment costs no symbol that was at its own place
   * and leaves no claim that is not true. One call a block at a time.
   *
   * @param bytes the block's source bytes, exactly; may be shared with other threads that do not change them.
   * @throws {LayercastError} `DISK_FULL`, `FILE_IO`; of the block, only symbols at their own places are left then.
   */
  restoreBlock(block: number, bytes: Uint8Array): Promise<void>;
  /** The next checkpoint records this block as verified. */
  acceptBlock(block: number): void;
  /** What these places hold, guests too, no longer counts; they are free from the next checkpoint on. */
  rejectPlaces(first: number, count: number): void;
  /** Puts everything written so far on disk and into the journal. One at a time. Rejects with `DISK_FULL`, `FILE_IO`, … */
  checkpoint(): Promise<void>;
  /** Gives the complete file its name, in one step, and forgets the journal. */
  commit(): Promise<void>;
  /** Ends with progress kept. */
  close(): Promise<void>;
  /** Ends and forgets everything: another version has taken this one's place. */
  discard(): Promise<void>;
}
