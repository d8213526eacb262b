import { readvSync } from 'node:fs';
import type { SharedBytes } from '../../sender/slab.js';
import { type FileRun, stretchesOf } from '../../sender/source-symbols.js';
import { readWholly } from '../../store/sync-io.js';

/** Most places that one call of the system fills (IOV_MAX of Linux). */
const MAX_PLACES = 1024;

/** A file of symbols back to back, open in the process. The last symbol may be short. */
export interface SymbolFile {
  readonly fd: number;
  readonly symbolBytes: number;
  readonly sizeBytes: number;
}

/**
 * Reads symbols of a file straight into their places, synchronously: one call of the system for each stretch.
 *
 * @param strideBytes from symbol to symbol of a run
 * @returns false if the file is shorter than it should be
 */
export function readSymbols(
  file: SymbolFile,
  runs: readonly FileRun[],
  into: SharedBytes,
  strideBytes: number,
): boolean {
  const { symbolBytes, sizeBytes } = file;
  let isWhole = true;
  for (const stretch of stretchesOf(runs)) {
    const places: Uint8Array[] = [];
    for (const { symbol, start, count } of stretch.runs) {
      for (let i = 0; i < count; i++) {
        const length = Math.min(symbolBytes, sizeBytes - (symbol + i) * symbolBytes);
        places.push(into.subarray(start + i * strideBytes, start + i * strideBytes + length));
      }
    }
    for (let first = 0; first < places.length; first += MAX_PLACES) {
      const some = places.length <= MAX_PLACES ? places : places.slice(first, first + MAX_PLACES);
      isWhole = readInto(file.fd, (stretch.firstSymbol + first) * symbolBytes, some) && isWhole;
    }
  }
  return isWhole;
}

function readInto(fd: number, offset: number, places: readonly Uint8Array[]): boolean {
  const length = places.reduce((sum, { length }) => sum + length, 0);
  if (readvSync(fd, places, offset) === length) return true;
  // A signal may end a read early; then each place is read by itself.
  let at = offset;
  for (const place of places) at += readWholly(fd, place, at);
  return at === offset + length;
}
