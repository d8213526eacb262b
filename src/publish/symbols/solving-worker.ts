// The worker file of solveBlocks (block-solver.ts): solves one block after the other and writes it.
import { writeSync } from 'node:fs';
import { FILE_PIECE_BYTES } from '../../base/limits.js';
import { replaceWithIntermediate } from '../../fec/index.js';
import { blockSymbolCount, type Geometry } from '../../object/geometry.js';
import { systemError } from '../../store/system-error.js';
import { moving } from '../../work/calls.js';
import { serveCalls } from '../../work/serve-calls.js';
import { IntermediateLayout } from './intermediate-layout.js';

/** The data with which a solving thread is started. */
export interface SolvingWork {
  /** Where intermediate symbols go; open as long as the thread is there. */
  readonly fd: number;
  readonly geometry: Geometry;
}

export interface SolveRequest {
  readonly block: number;
  /** The memory that `allocate` made, with the block at its beginning; it comes back with the answer. */
  readonly memory: ArrayBuffer;
}

const worker = ({ fd, geometry }: SolvingWork) => {
  const layout = new IntermediateLayout(geometry);
  const pieceRows = Math.max(1, Math.floor(FILE_PIECE_BYTES / layout.rowBytes));
  const piece = Buffer.alloc(pieceRows * layout.rowBytes);

  const solve = (block: number, memory: ArrayBuffer) => {
    const { symbolBytes } = geometry;
    const rowCount = layout.rowCount(block);
    const rows = new Uint8Array(memory, 0, rowCount * symbolBytes);
    replaceWithIntermediate(rows, blockSymbolCount(geometry, block), symbolBytes);
    for (let first = 0; first < rowCount; first += pieceRows) {
      const count = Math.min(pieceRows, rowCount - first);
      for (let i = 0; i < count; i++) {
        const symbol = rows.subarray((first + i) * symbolBytes, (first + i + 1) * symbolBytes);
        layout.fillRow(piece.subarray(i * layout.rowBytes, (i + 1) * layout.rowBytes), symbol);
      }
      writeAll(fd, piece.subarray(0, count * layout.rowBytes), layout.blockStart(block) + first * layout.rowBytes);
    }
  };

  return {
    /** Memory for the longest block and its intermediate symbols. */
    allocate: () => {
      const memory = new ArrayBuffer(layout.longRowCount * geometry.symbolBytes);
      return moving(memory, memory);
    },
    solve: ({ block, memory }: SolveRequest) => {
      try {
        solve(block, memory);
      } catch (error) {
        throw systemError(error, 'write', 'intermediate symbols');
      }
      return moving(memory, memory);
    },
    /** Takes the memory back: it then ends with the thread. */
    free: (_memory: ArrayBuffer) => undefined,
  };
};

export type SolvingWorker = typeof worker;

serveCalls(worker);

/** Writes all bytes. A full disk takes a part of them and reports the fault only for the rest. */
function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}
