import { blockSymbolCount, firstSymbolOf, type Geometry } from '../../object/geometry.js';
import type { SharedBytes } from '../../sender/slab.js';
import type { FileRun } from '../../sender/source-symbols.js';
import type { SymbolRun, SymbolRuns } from '../../sender/symbol-runs.js';
import { readSymbols, type SymbolFile } from './read-symbols.js';
import type { Spool } from './spool.js';
import { StoredBlocks } from './stored-blocks.js';

/** The files of an object, open in the process. */
export interface OpenObject {
  /** The object. */
  readonly sourceFd: number;
  /** Its intermediate symbols. */
  readonly fd: number;
  readonly geometry: Geometry;
  /** Most memory for its rows; the others are read when they are needed. */
  readonly heldBytes: number;
}

type SpooledRun = FileRun & SymbolRun;

/**
 * An object in the coding thread. Its source symbols come from its file, its repair symbols from the spool of their channel if they are there,
 * and otherwise from the rows of intermediate symbols.
 */
export class CodedObject {
  readonly geometry: Geometry;
  readonly blocks: StoredBlocks;
  /** Also those that have ended. */
  readonly spools: Spool[];
  readonly #source: SymbolFile;
  readonly #onFault: (spool: Spool) => void;

  /** @param onFault told when a spool has ended because it cannot be read */
  constructor({ sourceFd, fd, geometry, heldBytes }: OpenObject, spools: Spool[], onFault: (spool: Spool) => void) {
    this.geometry = geometry;
    this.blocks = new StoredBlocks(fd, geometry, heldBytes);
    this.spools = spools;
    this.#source = { fd: sourceFd, symbolBytes: geometry.symbolBytes, sizeBytes: geometry.sizeBytes };
    this.#onFault = onFault;
  }

  /**
   * Makes runs of symbols, as `SymbolSource.read`. An object's file that has become shorter is found when the read is confirmed.
   *
   * @returns milliseconds for symbols that their spool did not have
   * @throws {DamagedBlock} and errors of the system
   */
  make(runs: SymbolRuns, into: SharedBytes, strideBytes: number): number {
    const { geometry } = this;
    const source: FileRun[] = [];
    const spooled = new Map<Spool, SpooledRun[]>();
    let lackMs = 0;
    const encode = ({ block, firstEsi, start, count }: SymbolRun) =>
      this.blocks.encode(block, firstEsi, count, into.subarray(start), strideBytes);
    runs.each((block, esi, at, runCount) => {
      const sourceCount = Math.max(0, Math.min(runCount, blockSymbolCount(geometry, block) - esi));
      if (sourceCount > 0) source.push({ symbol: firstSymbolOf(geometry, block) + esi, start: at, count: sourceCount });
      const spool = this.#spoolOf(esi + runCount - 1);
      spool?.follow(esi + runCount - 1);
      const [firstEsi, start, count] = [esi + sourceCount, at + sourceCount * strideBytes, runCount - sourceCount];
      if (count === 0) return;
      if (spool === undefined) return encode({ block, firstEsi, start, count });
      const symbol = spool.symbolOf(block, firstEsi, count);
      if (symbol !== undefined) {
        if (!spooled.has(spool)) spooled.set(spool, []);
        spooled.get(spool)!.push({ symbol, block, firstEsi, start, count });
        return;
      }
      const beganMs = performance.now();
      encode({ block, firstEsi, start, count });
      lackMs += performance.now() - beganMs;
    });
    readSymbols(this.#source, source, into, strideBytes);
    for (const [spool, list] of spooled) {
      if (!this.#readSpool(spool, list, into, strideBytes)) list.forEach(encode);
    }
    return lackMs;
  }

  /** The spool of the channel that asks for this symbol. */
  #spoolOf(esi: number): Spool | undefined {
    return this.spools.find((spool) => !spool.isEnded && spool.isFor(esi));
  }

  #readSpool(spool: Spool, runs: readonly FileRun[], into: SharedBytes, strideBytes: number): boolean {
    try {
      if (readSymbols(spool.file, runs, into, strideBytes)) return true;
    } catch {
      // The symbols can be made without the spool.
    }
    spool.isEnded = true;
    this.#onFault(spool);
    return false;
  }
}
