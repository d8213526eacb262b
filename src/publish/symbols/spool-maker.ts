import { LoadedBlock } from '../../fec/index.js';
import { blockSymbolCount, type Geometry } from '../../object/geometry.js';
import type { Spool, SpoolWork } from './spool.js';
import { DamagedBlock, type StoredBlocks } from './stored-blocks.js';

/** How long one turn of the event loop makes symbols: requests, which have precedence, wait so long at most. */
const TURN_MS = 1;
/** The longest turn after requests that were slow because a spool was late. */
const LONGEST_TURN_MS = 25;
/** A channel that is not on the air yet gives way to channels that lack symbols sooner. */
const SPARE_BEFORE_AIR_US = 1e6;

/** An object with spools, in the coding thread. */
export interface SpooledObject {
  readonly geometry: Geometry;
  readonly blocks: StoredBlocks;
  readonly spools: readonly Spool[];
}

/**
 * Makes the symbols of all spools of a thread, one block at a time: loads the block, makes the symbols that the most urgent spool wants of it, and
 * writes them. It works in short turns of the event loop, so that the thread answers requests meanwhile.
 */
export class SpoolMaker {
  readonly #objects: () => Iterable<SpooledObject>;
  readonly #onFault: (spool: Spool) => void;
  /** 20 to 25 MB while there are spools. */
  #loaded: LoadedBlock | undefined;
  #steps: Iterator<void> | undefined;
  #work: SpoolWork | undefined;
  #isPlanned = false;
  #turnMs = TURN_MS;

  /** @param onFault told when a spool has ended because its file, or that of the object's rows, has a fault */
  constructor(objects: () => Iterable<SpooledObject>, onFault: (spool: Spool) => void) {
    this.#objects = objects;
    this.#onFault = onFault;
  }

  /** Goes on if there is something to make. To be called when spools were added or have ended, and when channels have moved on. */
  wake(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#takeTurn();
    });
  }

  /**
   * Grants the next turn as much time as symbols took that should have come from a spool. Without that, a channel that needs the whole thread
   * for them would never get the spool, which takes an eighth of the time.
   */
  owe(ms: number): void {
    this.#turnMs = Math.min(LONGEST_TURN_MS, this.#turnMs + ms);
  }

  #takeTurn(): void {
    const end = performance.now() + this.#turnMs;
    this.#turnMs = TURN_MS;
    do {
      if (!this.#step()) return;
    } while (performance.now() < end);
    this.wake();
  }

  /** @returns false if there is nothing to do */
  #step(): boolean {
    const work = this.#work?.spool.needs(this.#work) ? this.#work : undefined;
    if (work === undefined) return this.#begin();
    try {
      if (this.#steps?.next().done === true) this.#finish(work, true);
    } catch (error) {
      if (error instanceof DamagedBlock) this.#finish(work, false);
      else this.#fail(work.spool);
    }
    return true;
  }

  #begin(): boolean {
    this.#work = undefined;
    this.#steps = undefined;
    let best: { readonly object: SpooledObject; readonly spool: Spool; readonly spareUs: number } | undefined;
    let isAnyLeft = false;
    for (const object of this.#objects()) {
      for (const spool of object.spools) {
        if (spool.isEnded) continue;
        isAnyLeft = true;
        const spareUs = spool.spareUs;
        if (spareUs === undefined) continue;
        const urgency = spool.isSent ? spareUs : SPARE_BEFORE_AIR_US + spareUs;
        if (best === undefined || urgency < best.spareUs) best = { object, spool, spareUs: urgency };
      }
    }
    if (!isAnyLeft) this.#loaded = undefined;
    this.#work = best?.spool.nextWork();
    if (best === undefined || this.#work === undefined) return false;
    this.#loaded ??= new LoadedBlock();
    this.#steps = stepsOf(this.#work, best.object, this.#loaded);
    return true;
  }

  #finish(work: SpoolWork, isMade: boolean): void {
    work.spool.finish(work, isMade);
    this.#work = undefined;
  }

  #fail(spool: Spool): void {
    spool.isEnded = true;
    this.#onFault(spool);
  }
}

/** Makes and writes the symbols of one block, with a step for each piece. */
function* stepsOf(
  work: SpoolWork,
  { geometry, blocks }: SpooledObject,
  loaded: LoadedBlock,
): Generator<void, void, undefined> {
  const { rows, strideBytes } = loaded.open(blockSymbolCount(geometry, work.block), geometry.symbolBytes);
  yield* blocks.load(work.block, rows, strideBytes);
  for (let at = 0; at < work.count; at += loaded.pieceCount) {
    const count = Math.min(loaded.pieceCount, work.count - at);
    work.spool.write(work, at, loaded.encode(work.firstEsi + at, count));
    yield;
  }
}
