import type { Holdings } from '../../object/holdings.js';
import type { SymbolSet } from '../../object/symbol-set.js';
import type { BlockContent, Outcome } from './block-content.js';

/** What a receiver may ask about the places of an object. */
export type ReadonlyHoldings = Pick<Holdings, 'geometry' | 'filled' | 'guestAt' | 'guestRuns'>;

/**
 * The store of one version of an object while it is received. The store remembers symbols across crashes and, at the end,
 * makes a whole file of them.
 *
 * A place is the position of a symbol in the object, numbered like the object's symbols. A place holds its own symbol or a
 * guest: another symbol of the same block, named by its ESI, which is kept for decoding the block. The object's last place
 * holds no guest when it is short.
 */
export interface ObjectStore {
  /** What the places hold: at first what an earlier run left on disk. The store keeps it up to date; the receiver reads it. */
  readonly holdings: ReadonlyHoldings;
  /** Blocks verified in an earlier run. The receiver takes this set over and adds to it; the store does not read it again. */
  readonly verifiedBlocks: SymbolSet;
  /**
   * Copies a symbol, `bytes[start .. start + length]`, to a place of its block. The place is the symbol's own, or a free one
   * that takes the symbol as a guest. False, with nothing taken, when
   *
   * - the write queue is full, or the block is being restored;
   * - the symbol is the place's own and the place has a guest: the symbol can then be a guest elsewhere;
   * - the symbol is a guest and the place is not free. A place of a rejected block is free after the next checkpoint.
   *
   * @param esi of the symbol in the place's block, 0 .. 2^24 − 1
   * @param length of the whole symbol: `symbolBytes`, less only for the object's last own symbol
   * @throws {LayercastError} `INTERNAL` for a place that cannot hold the symbol, and for bytes that are no whole symbol
   */
  writeSymbol(place: number, esi: number, bytes: Uint8Array, start: number, length: number): boolean;
  /**
   * Fills `into` with the bytes of the object from the start of `place` on, whether or not they have reached the disk. Bytes
   * that were never written are zeros.
   */
  read(place: number, into: Uint8Array): Promise<void>;
  /**
   * SHA-256 of a block whose symbols are all at their own places. No symbol of the block is written meanwhile. Without this function
   * the receiver reads the block and hashes it.
   */
  readonly hashBlock?: (block: number) => Promise<Uint8Array>;
  /** How many blocks can be restored at once: each takes as much memory as it is long. */
  readonly restoresAtOnce: number;
  /**
   * Solves a block from the symbols that it has. If the result has the digest, writes those symbols that are not at their own places; then
   * all symbols of the block are there, and the next checkpoint records them. Until it resolves, no symbol of the block is taken. A crash
   * at any moment costs no symbol that was at its own place and leaves no claim that is not true. If the result is not genuine, the
   * places hold what they held. One call a block at a time.
   *
   * @param content the symbols of the block, as `holdings` has them, and its spare symbols
   * @param digest SHA-256 that the block must have
   * @throws {LayercastError} `DISK_FULL`, `FILE_IO`, `THREAD_LOST`; of the block, perhaps only symbols at their own places are left then
   */
  restoreBlock(block: number, content: BlockContent, digest: Uint8Array): Promise<Outcome>;
  /**
   * Writes the bytes of a whole block over whatever its places hold; then all symbols of the block are there, and the next checkpoint records
   * them. Until it resolves, no symbol of the block is taken. A store without this function cannot be filled block by block.
   *
   * @param bytes they have the digest of the block
   * @throws {LayercastError} `DISK_FULL`, `FILE_IO`
   */
  readonly putBlock?: (block: number, bytes: Uint8Array) => Promise<void>;
  /** The next checkpoint records this block as verified. */
  acceptBlock(block: number): void;
  /** Gives up what these places hold, guests too. The places are free from the next checkpoint on. */
  rejectPlaces(first: number, count: number): void;
  /** Puts everything written so far on disk and into the journal. One call at a time. Rejects with `DISK_FULL`, `FILE_IO`, … */
  checkpoint(): Promise<void>;
  /** Gives the complete file its name, in one step, and forgets the journal. */
  commit(): Promise<void>;
  /** Ends and keeps progress. */
  close(): Promise<void>;
  /** Ends and forgets everything: the receiver begins another version, or this version in other pieces. */
  discard(): Promise<void>;
}
