// The worker file of CodingThread (coding-thread.ts).
import { readSync, readvSync } from 'node:fs';
import { LayercastError } from '../../base/errors.js';
import { blockSymbolCount, type Geometry } from '../../object/geometry.js';
import type { SharedBytes, SymbolRun } from '../../sender/slab.js';
import { stretchesOf } from '../../sender/source-symbols.js';
import { serveCalls } from '../../work/serve-calls.js';
import { forEachRun, type PackedRuns } from './packed-runs.js';
import { DamagedBlock, StoredBlocks } from './stored-blocks.js';

/** Most places that one call of the system fills (IOV_MAX of Linux). */
const MAX_PLACES = 1024;

/** The files of an object, open in the process. */
export interface OpenObject {
  /** The object. */
  readonly sourceFd: number;
  /** Its intermediate symbols. */
  readonly fd: number;
  readonly geometry: Geometry;
}

export interface MakeRequest {
  readonly object: number;
  readonly runs: PackedRuns;
  /** Memory that both threads use, for the symbols of all runs. */
  readonly into: SharedBytes;
  /** From symbol to symbol of a run. */
  readonly strideBytes: number;
}

interface CodedObject extends OpenObject {
  readonly blocks: StoredBlocks;
}

/** @param maxHeldBytes most rows that are held in memory, of all objects together; the others are read when they are needed */
const worker = (maxHeldBytes: number) => {
  const objects = new Map<number, CodedObject>();
  return {
    open: ({ object, ...files }: OpenObject & { readonly object: number }) => {
      const heldBytes = [...objects.values()].reduce((sum, { blocks }) => sum + blocks.maxHeldBytes, 0);
      objects.set(object, { ...files, blocks: new StoredBlocks(files.fd, files.geometry, maxHeldBytes - heldBytes) });
    },
    /** @returns the number of a block that is damaged */
    make: (request: MakeRequest) => make(objects.get(request.object), request),
    close: (object: number) => {
      objects.delete(object);
    },
  };
};

export type CodingWorker = typeof worker;

serveCalls(worker);

function make(object: CodedObject | undefined, { runs, into, strideBytes }: MakeRequest): number | undefined {
  try {
    if (object === undefined) throw new Error('the object is closed');
    const { blocks, geometry, sourceFd } = object;
    const source: SymbolRun[] = [];
    forEachRun(runs, (block, firstEsi, start, count) => {
      const sourceCount = Math.max(0, Math.min(count, blockSymbolCount(geometry, block) - firstEsi));
      if (sourceCount > 0) source.push({ block, firstEsi, start, count: sourceCount });
      if (sourceCount === count) return;
      const rest = into.subarray(start + sourceCount * strideBytes);
      blocks.encode(block, firstEsi + sourceCount, count - sourceCount, rest, strideBytes);
    });
    readSource(sourceFd, geometry, source, into, strideBytes);
    return undefined;
  } catch (cause) {
    if (cause instanceof DamagedBlock) return cause.block;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new LayercastError('FILE_IO', `cannot read the object or its intermediate symbols: ${said}`, { cause });
  }
}

/** Reads each stretch of the object into the places of its symbols. A file that has become shorter is found when the read is confirmed. */
function readSource(
  fd: number,
  geometry: Geometry,
  runs: readonly SymbolRun[],
  into: SharedBytes,
  strideBytes: number,
): void {
  const { symbolBytes, sizeBytes } = geometry;
  for (const stretch of stretchesOf(runs, geometry)) {
    const places: Uint8Array[] = [];
    for (const { symbol, start, count } of stretch.runs) {
      for (let i = 0; i < count; i++) {
        // The object's last symbol may be short.
        const length = Math.min(symbolBytes, sizeBytes - (symbol + i) * symbolBytes);
        places.push(into.subarray(start + i * strideBytes, start + i * strideBytes + length));
      }
    }
    for (let first = 0; first < places.length; first += MAX_PLACES) {
      readInto(fd, (stretch.firstSymbol + first) * symbolBytes, places.slice(first, first + MAX_PLACES));
    }
  }
}

function readInto(fd: number, offset: number, places: readonly Uint8Array[]): void {
  const length = places.reduce((sum, { length }) => sum + length, 0);
  if (readvSync(fd, places, offset) === length) return;
  // A signal may end a read early; then each place is read by itself.
  let at = offset;
  for (const place of places) at += readSync(fd, place, 0, place.length, at);
}
