// The worker file of CodingThread (coding-thread.ts).
import { LayercastError } from '../../base/errors.js';
import type { Geometry } from '../../object/geometry.js';
import type { SharedBytes } from '../../sender/slab.js';
import { serveCalls } from '../../work/serve-calls.js';
import { IntermediateLayout } from './intermediate-layout.js';
import { forEachRun, type PackedRuns } from './packed-runs.js';
import { DamagedBlock, StoredBlocks } from './stored-blocks.js';

/** A file of intermediate symbols that is open in the process. */
export interface OpenObject {
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

/** @param maxHeldBytes all files that are held in memory are together no larger; a file that does not fit is read instead */
const worker = (maxHeldBytes: number) => {
  const objects = new Map<number, { readonly blocks: StoredBlocks; readonly heldBytes: number }>();
  return {
    open: ({ object, fd, geometry }: OpenObject & { readonly object: number }) => {
      const { fileBytes } = new IntermediateLayout(geometry);
      const heldBytes = [...objects.values()].reduce((sum, other) => sum + other.heldBytes, 0);
      const isHeld = heldBytes + fileBytes <= maxHeldBytes;
      objects.set(object, { blocks: new StoredBlocks(fd, geometry, isHeld), heldBytes: isHeld ? fileBytes : 0 });
    },
    /** @returns the number of a block that is damaged */
    make: (request: MakeRequest) => make(objects.get(request.object)?.blocks, request),
    close: (object: number) => {
      objects.delete(object);
    },
  };
};

export type CodingWorker = typeof worker;

serveCalls(worker);

function make(blocks: StoredBlocks | undefined, { runs, into, strideBytes }: MakeRequest): number | undefined {
  try {
    if (blocks === undefined) throw new Error('the object is closed');
    forEachRun(runs, (block, firstEsi, start, count) => {
      blocks.encode(block, firstEsi, count, into.subarray(start), strideBytes);
    });
    return undefined;
  } catch (cause) {
    if (cause instanceof DamagedBlock) return cause.block;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new LayercastError('FILE_IO', `cannot read intermediate symbols: ${said}`, { cause });
  }
}
