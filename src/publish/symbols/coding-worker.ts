// The worker file of CodingThread (coding-thread.ts).
import { LayercastError } from '../../base/errors.js';
import type { Geometry } from '../../object/geometry.js';
import type { SymbolRun } from '../../sender/slab.js';
import { moving } from '../../work/calls.js';
import { serveCalls } from '../../work/serve-calls.js';
import { IntermediateLayout } from './intermediate-layout.js';
import { DamagedBlock, StoredBlocks } from './stored-blocks.js';

/** A file of intermediate symbols that is open in the process. */
export interface OpenObject {
  readonly fd: number;
  readonly geometry: Geometry;
}

export interface MakeRequest {
  readonly object: number;
  readonly symbolBytes: number;
  readonly runs: readonly Pick<SymbolRun, 'block' | 'firstEsi' | 'count'>[];
  /** Room for the symbols of all runs, back to back. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface MadeSymbols {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The block whose intermediate symbols are damaged; `bytes` then hold nothing of use. */
  readonly damagedBlock: number | undefined;
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
    make: ({ object, symbolBytes, runs, bytes }: MakeRequest) => {
      const damagedBlock = make(objects.get(object)?.blocks, symbolBytes, runs, bytes);
      return moving<MadeSymbols>({ bytes, damagedBlock }, bytes);
    },
    close: (object: number) => {
      objects.delete(object);
    },
  };
};

export type CodingWorker = typeof worker;

serveCalls(worker);

/** @returns the number of a block that is damaged */
function make(
  blocks: StoredBlocks | undefined,
  symbolBytes: number,
  runs: MakeRequest['runs'],
  bytes: Uint8Array,
): number | undefined {
  try {
    if (blocks === undefined) throw new Error('the object is closed');
    let at = 0;
    for (const { block, firstEsi, count } of runs) {
      blocks.encode(block, firstEsi, count, bytes.subarray(at));
      at += count * symbolBytes;
    }
    return undefined;
  } catch (cause) {
    if (cause instanceof DamagedBlock) return cause.block;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new LayercastError('FILE_IO', `cannot read intermediate symbols: ${said}`, { cause });
  }
}
