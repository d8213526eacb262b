import { blockOf, blockSymbolCount, firstSymbolOf, type Geometry, symbolLength } from '../../object/geometry.js';
import type { Holdings } from '../../object/holdings.js';
import { isEsi } from '../../object/placements.js';
import { SymbolSet } from '../../object/symbol-set.js';
import type { GuestRecord, JournalRecord, Run } from './journal-format.js';

/**
 * What a journal claims about the bytes of a part file: the sum of its records. Claims about places are kept in `Holdings`,
 * claims about blocks here.
 */
export class Claims {
  readonly holdings: Holdings;
  /** Blocks that matched their digests. */
  readonly verifiedBlocks: SymbolSet;

  constructor(holdings: Holdings) {
    this.holdings = holdings;
    this.verifiedBlocks = new SymbolSet(holdings.geometry.blockCount);
  }

  clear(): void {
    this.holdings.unclaimAll();
    this.verifiedBlocks.clear();
  }

  /** Whether a record that comes next can be true: a guest's place must not hold its own symbol. */
  admits(record: JournalRecord): boolean {
    return record.kind !== 'guests' || record.runs.every((run) => this.#admitsGuests(run));
  }

  /** Adds the claims of a record that is being written, and takes none back: a crash may leave the journal with or without it. */
  include(record: JournalRecord): void {
    if (record.kind === 'durable') for (const [first, count] of record.runs) this.holdings.claimOwn(first, count);
    if (record.kind === 'guests') for (const run of record.runs) this.holdings.claimGuests(run);
  }

  /** Adds the claims of a record that is on disk, and takes back the claims that it ends. */
  apply(record: JournalRecord): void {
    if (record.kind === 'guests') for (const run of record.runs) this.holdings.claimGuests(run);
    else for (const run of record.runs) this.#applyRun(record.kind, run);
  }

  /** Takes back the claim that a block is verified if symbols of the block are missing. Only a damaged journal claims that. */
  dropUnfounded(): void {
    const { geometry, claimedOwn } = this.holdings;
    let block = this.verifiedBlocks.nextPresent(0);
    for (; block < geometry.blockCount; block = this.verifiedBlocks.nextPresent(block + 1)) {
      const first = firstSymbolOf(geometry, block);
      const missing = claimedOwn.missingIn(first, first + blockSymbolCount(geometry, block));
      if (missing > 0) this.verifiedBlocks.removeRun(block, 1);
    }
  }

  #applyRun(kind: Exclude<JournalRecord['kind'], 'guests'>, [first, count]: Run): void {
    const { geometry } = this.holdings;
    switch (kind) {
      case 'durable':
        this.holdings.claimOwn(first, count);
        this.holdings.unclaimGuests(first, count);
        break;
      case 'evicted':
        this.holdings.unclaimGuests(first, count);
        break;
      case 'verified': {
        this.verifiedBlocks.addRun(first, count);
        const place = firstSymbolOf(geometry, first);
        this.holdings.unclaimGuests(place, firstSymbolOf(geometry, first + count) - place);
        break;
      }
      case 'dropped': {
        this.holdings.unclaimOwn(first, count);
        this.holdings.unclaimGuests(first, count);
        const block = blockOf(geometry, first);
        this.verifiedBlocks.removeRun(block, blockOf(geometry, first + count - 1) - block + 1);
      }
    }
  }

  #admitsGuests([firstPlace, firstEsi, count]: GuestRecord['runs'][number]): boolean {
    const { geometry, claimedOwn } = this.holdings;
    if (claimedOwn.missingIn(firstPlace, firstPlace + count) < count) return false;
    for (let i = 0; i < count; i++) if (!canHold(geometry, firstPlace + i, firstEsi + i)) return false;
    return true;
  }
}

/** Whether symbol `esi` of the block of `place` can be a guest at `place`: not at its own place, nor at a short one. */
export function canHold(geometry: Geometry, place: number, esi: number): boolean {
  const ownEsi = place - firstSymbolOf(geometry, blockOf(geometry, place));
  return isEsi(esi) && esi !== ownEsi && symbolLength(geometry, place) === geometry.symbolBytes;
}
