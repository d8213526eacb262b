// The worker file of solveBlocks (block-solver.ts): solves one block after the other and writes it.
import { FILE_PIECE_BYTES } from '../../base/limits.js';
import { systemError } from '../../base/system-error.js';
import { type KernelBlock, openKernelBlock } from '../../fec/index.js';
import { blockLength, blockOffset, blockSymbolCount, type Geometry } from '../../object/geometry.js';
import { readWholly, writeWholly } from '../../store/sync-io.js';
import { serveCalls } from '../../work/serve-calls.js';
import { IntermediateLayout } from './intermediate-layout.js';

/** The data with which a solving thread is started. Both files are open as long as the thread is there. */
export interface SolvingWork {
  /** The object. */
  readonly sourceFd: number;
  /** Where intermediate symbols go. */
  readonly fd: number;
  readonly geometry: Geometry;
}

/** A block lies in the memory of the kernel from the file to the file: this thread holds no copy of it. */
const worker = ({ sourceFd, fd, geometry }: SolvingWork) => {
  const layout = new IntermediateLayout(geometry);
  const { symbolBytes } = geometry;
  const pieceRows = Math.max(1, Math.floor(FILE_PIECE_BYTES / layout.rowBytes));
  const piece = Buffer.alloc(pieceRows * layout.rowBytes);
  let loaded: { readonly block: number; readonly memory: KernelBlock } | undefined;

  const load = (block: number, { rows, strideBytes }: KernelBlock) => {
    const rowCount = blockSymbolCount(geometry, block);
    const [start, length] = [blockOffset(geometry, block), blockLength(geometry, block)];
    for (let first = 0; first < rowCount; first += pieceRows) {
      const from = first * symbolBytes;
      const bytes = piece.subarray(0, Math.min(pieceRows * symbolBytes, length - from));
      // A file that has become shorter is found when the read is confirmed.
      readWholly(sourceFd, bytes, start + from);
      for (let at = 0; at < bytes.length; at += symbolBytes) {
        rows.set(bytes.subarray(at, at + symbolBytes), (first + at / symbolBytes) * strideBytes);
      }
    }
    // The object's last symbol may be short.
    const lastBytes = length - (rowCount - 1) * symbolBytes;
    rows.fill(0, (rowCount - 1) * strideBytes + lastBytes, rowCount * strideBytes);
  };

  const store = (block: number, { rows, strideBytes }: KernelBlock) => {
    const rowCount = layout.rowCount(block);
    for (let first = 0; first < rowCount; first += pieceRows) {
      const count = Math.min(pieceRows, rowCount - first);
      for (let i = 0; i < count; i++) {
        const at = (first + i) * strideBytes;
        const row = piece.subarray(i * layout.rowBytes, (i + 1) * layout.rowBytes);
        layout.fillRow(row, rows.subarray(at, at + symbolBytes));
      }
      writeWholly(fd, piece.subarray(0, count * layout.rowBytes), layout.blockStart(block) + first * layout.rowBytes);
    }
  };

  return {
    /** Reads a block. The owner of the object's file then confirms that the file is unchanged. */
    load: (block: number) => {
      try {
        const memory = openKernelBlock(blockSymbolCount(geometry, block), symbolBytes);
        load(block, memory);
        loaded = { block, memory };
      } catch (error) {
        throw systemError(error, 'read', 'the object');
      }
    },
    /** Solves the block that was loaded last, and writes its intermediate symbols. */
    solve: () => {
      try {
        if (loaded === undefined) throw new Error('no block is loaded');
        const { block, memory } = loaded;
        loaded = undefined;
        memory.solve();
        store(block, memory);
      } catch (error) {
        throw systemError(error, 'write', 'intermediate symbols');
      }
    },
  };
};

export type SolvingWorker = typeof worker;

serveCalls(worker);
