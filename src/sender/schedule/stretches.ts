import { type Arc, RUN_SYMBOLS } from './ring.js';

/**
 * Symbols of a block that a channel sends until its order begins anew.
 *
 * An arc with source symbols is sent in stretches of one block each: S, R1, S, R2, … S is the stretch of the source symbols, the others are
 * repair symbols. Half of what any receiver gets of the channel are source symbols, which nobody has to encode or restore. A stretch comes
 * again after another one at the earliest, so no symbol comes twice within two stretches, wherever a receiver begins.
 */
export function cycleSymbolCount({ symbolCount, stretchSymbolCount }: Arc): number {
  if (stretchSymbolCount === undefined) return symbolCount;
  return 2 * (Math.floor(symbolCount / stretchSymbolCount) - 1) * stretchSymbolCount;
}

/** Symbols of a block that a channel always sends without sending one twice. */
export function freshSymbolCount({ symbolCount, stretchSymbolCount }: Arc): number {
  return stretchSymbolCount === undefined ? symbolCount : 2 * stretchSymbolCount;
}

/** The ESI that an arc sends of a block at a position: the number of symbols of the block since the cycle began. */
export function esiAt({ firstEsi, stretchSymbolCount }: Arc, position: number): number {
  if (stretchSymbolCount === undefined) return firstEsi + position;
  const stretch = Math.floor(position / stretchSymbolCount);
  const within = position - stretch * stretchSymbolCount;
  return firstEsi + (stretch % 2 === 0 ? 0 : ((stretch + 1) / 2) * stretchSymbolCount) + within;
}

/**
 * The repair symbols of an arc: a channel sends them of every block in the order of their ESIs, and after the last the first again. Source
 * symbols may come between.
 */
export interface RepairRange {
  readonly firstEsi: number;
  /** 0 for an arc of source symbols only. */
  readonly count: number;
}

/** @param sourceCount source symbols of the longest block. Up to a run of repair symbols that follow these are left out. */
export function repairRangeOf(arc: Arc, sourceCount: number): RepairRange {
  const { symbolCount, stretchSymbolCount } = arc;
  const sources = Math.ceil(sourceCount / RUN_SYMBOLS) * RUN_SYMBOLS;
  const firstEsi = Math.max(arc.firstEsi, sources);
  const end = arc.firstEsi + symbolCount - (stretchSymbolCount === undefined ? 0 : symbolCount % stretchSymbolCount);
  return { firstEsi, count: Math.max(0, end - firstEsi) };
}

/** The repair symbol that a channel sends at a position of its cycle, or next after the source symbols that it sends there. */
export function nextRepairEsi(arc: Arc, position: number, sourceCount: number): number {
  const esi = esiAt(arc, position);
  const { firstEsi } = repairRangeOf(arc, sourceCount);
  if (esi >= firstEsi) return esi;
  const { stretchSymbolCount } = arc;
  if (stretchSymbolCount === undefined) return firstEsi;
  return esiAt(arc, (Math.floor(position / stretchSymbolCount) + 1) * stretchSymbolCount);
}

/** Consecutive ESIs that a channel sends of a block. */
export interface Piece {
  readonly firstEsi: number;
  readonly length: number;
  /** When the channel sends the first and the last of them, as shares of the whole time. */
  readonly time: { readonly from: number; readonly until: number };
}

/** The pieces that a channel sends of a block while it sends `length` symbols of the block from a position of its cycle on. */
export function piecesOf(arc: Arc, start: number, length: number): readonly Piece[] {
  const { stretchSymbolCount = arc.symbolCount } = arc;
  const cycleCount = cycleSymbolCount(arc);
  const pieces: Piece[] = [];
  for (let sent = 0; sent < length; ) {
    const position = (start + sent) % cycleCount;
    const rest = stretchSymbolCount - (position % stretchSymbolCount);
    const count = Math.min(rest, length - sent);
    const time = { from: sent / length, until: (sent + count) / length };
    pieces.push({ firstEsi: esiAt(arc, position), length: count, time });
    sent += count;
  }
  return pieces;
}
