import { blockOf, blockSymbolCount, firstSymbolOf, type Geometry, symbolLength } from '../../object/geometry.js';
import { Placements } from '../../object/placements.js';
import { SymbolSet } from '../../object/symbol-set.js';
import type { GuestRecord, JournalRecord, Run } from './journal-format.js';

/** What a journal claims about the bytes of a part file: the sum of its records. */
export class Claims {
  readonly geometry: Geometry;
  /** Symbols that are at their own places. */
  readonly symbols: SymbolSet;
  /** Other places that hold other symbols of their block. */
  readonly guests: Placements;
  /** Blocks that matched their digests. */
  readonly verifiedBlocks: SymbolSet;

  constructor(geometry: Geometry) {
    this.geometry = geometry;
    this.symbols = new SymbolSet(geometry.symbolCount);
    this.guests = new Placements(geometry.symbolCount);
    this.verifiedBlocks = new SymbolSet(geometry.blockCount);
  }

  clear(): void {
    this.symbols.clear();
    this.guests.clear();
    this.verifiedBlocks.clear();
  }

  /** Whether a record that comes next can be true: a guest has a place that no symbol of its own is at. */
  admits(record: JournalRecord): boolean {
    return record.kind !== 'guests' || record.runs.every((run) => this.#admitsGuests(run));
  }

  /** Adds what a record says, without what it takes back: until it is on disk, either may be what a crash leaves. */
  include(record: JournalRecord): void {
    if (record.kind === 'durable') for (const [first, count] of record.runs) this.symbols.addRun(first, count);
    if (record.kind === 'guests') for (const run of record.runs) this.guests.setRun(run);
  }

  apply(record: JournalRecord): void {
    if (record.kind === 'guests') for (const run of record.runs) this.guests.setRun(run);
    else for (const run of record.runs) this.#applyRun(record.kind, run);
  }

  /** A block without all its symbols is not verified, whatever a damaged journal makes it look like. */
  dropUnfounded(): void {
    let block = this.verifiedBlocks.nextPresent(0);
    for (; block < this.geometry.blockCount; block = this.verifiedBlocks.nextPresent(block + 1)) {
      const first = firstSymbolOf(this.geometry, block);
      const missing = this.symbols.missingIn(first, first + blockSymbolCount(this.geometry, block));
      if (missing > 0) this.verifiedBlocks.removeRun(block, 1);
    }
  }

  #applyRun(kind: Exclude<JournalRecord['kind'], 'guests'>, [first, count]: Run): void {
    switch (kind) {
      case 'durable':
        this.symbols.addRun(first, count);
        this.guests.removeRun(first, count);
        break;
      case 'evicted':
        this.guests.removeRun(first, count);
        break;
      case 'verified': {
        this.verifiedBlocks.addRun(first, count);
        const place = firstSymbolOf(this.geometry, first);
        this.guests.removeRun(place, firstSymbolOf(this.geometry, first + count) - place);
        break;
      }
      case 'dropped': {
        this.symbols.removeRun(first, count);
        this.guests.removeRun(first, count);
        const block = blockOf(this.geometry, first);
        this.verifiedBlocks.removeRun(block, blockOf(this.geometry, first + count - 1) - block + 1);
      }
    }
  }

  #admitsGuests([firstPlace, firstEsi, count]: GuestRecord['runs'][number]): boolean {
    if (this.symbols.missingIn(firstPlace, firstPlace + count) < count) return false;
    for (let i = 0; i < count; i++) if (!canHold(this.geometry, firstPlace + i, firstEsi + i)) return false;
    return true;
  }
}

/** Whether symbol `esi` of the block of `place` can be a guest there: not where it belongs, nor at a place that is short. */
export function canHold(geometry: Geometry, place: number, esi: number): boolean {
  const ownEsi = place - firstSymbolOf(geometry, blockOf(geometry, place));
  return esi !== ownEsi && symbolLength(geometry, place) === geometry.symbolBytes;
}
