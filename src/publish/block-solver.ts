import type { FileHandle } from 'node:fs/promises';
import { LayercastError } from '../errors.js';
import { CodingPool } from '../fec/index.js';
import { blockLength, blockOffset, blockSymbolCount } from '../object/geometry.js';
import type { ByteSource } from '../ports.js';
import { writeFully } from '../store/durable.js';
import type { IntermediateLayout } from './intermediate-layout.js';

/** Work of the main thread between two turns of others: 0.2 ms or so (see hash-file.ts). */
const PIECE_BYTES = 512 * 1024;
/** Blocks that are read, solved or written at once have at most this many bytes together, except that one always may. */
const LANES_BYTES = 40 * 2 ** 20;
/**
 * A worker has a table of up to 32 MB and as much again of plans beside the block. Large blocks therefore share one, which
 * is busy all the same: while it solves one, another is read or written.
 */
const LARGE_BLOCK_BYTES = 16 * 2 ** 20;
/** Told at most this often, as `hashing` is. */
const PROGRESS_BYTES = 64e6;

export interface SolveOptions {
  /** Blocks solved at once, at most. */
  readonly workerCount: number;
  readonly signal: AbortSignal;
  /** Called with the bytes of the object that are done. */
  readonly onProgress: (encodedBytes: number) => void;
}

/**
 * Solves blocks of an object for their intermediate symbols, in worker threads, and writes those to `handle`.
 *
 * @param blocks which ones; each once
 * @throws {LayercastError} `OBJECT_CHANGED`, `ABORTED`, …; nothing is under way any more when it rejects
 */
export async function solveBlocks(
  source: ByteSource,
  layout: IntermediateLayout,
  handle: FileHandle,
  blocks: Iterable<number>,
  options: SolveOptions,
): Promise<void> {
  const { signal } = options;
  const blockBytes = layout.longRowCount * layout.geometry.symbolBytes;
  const laneCount = Math.max(1, Math.min(options.workerCount, Math.floor(LANES_BYTES / blockBytes)));
  const pool = new CodingPool({ workerCount: blockBytes > LARGE_BLOCK_BYTES ? 1 : laneCount });
  const stop = () => void pool.close();
  signal.addEventListener('abort', stop, { once: true });
  const waiting = blocks[Symbol.iterator]();
  const progress = new Progress(layout.geometry.sizeBytes, options.onProgress);
  let failed = false;
  const runLane = async () => {
    const solver = new BlockSolver(source, layout, handle, pool);
    for (let next = waiting.next(); next.done !== true && !failed; next = waiting.next()) {
      if (signal.aborted) break;
      await solver.solve(next.value, signal);
      progress.add(blockLength(layout.geometry, next.value));
    }
  };
  try {
    const lanes = Array.from({ length: laneCount }, () =>
      runLane().catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    );
    const outcomes = await Promise.allSettled(lanes);
    if (signal.aborted) throw new LayercastError('ABORTED', 'encoding was aborted', { cause: signal.reason });
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  } finally {
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
}

/** Solves one block after the other in the same memory. */
class BlockSolver {
  readonly #source: ByteSource;
  readonly #layout: IntermediateLayout;
  readonly #handle: FileHandle;
  readonly #pool: CodingPool;
  readonly #rows: SharedArrayBuffer;
  readonly #piece: Buffer;

  constructor(source: ByteSource, layout: IntermediateLayout, handle: FileHandle, pool: CodingPool) {
    this.#source = source;
    this.#layout = layout;
    this.#handle = handle;
    this.#pool = pool;
    this.#rows = new SharedArrayBuffer(layout.longRowCount * layout.geometry.symbolBytes);
    this.#piece = Buffer.alloc(Math.max(1, Math.floor(PIECE_BYTES / layout.rowBytes)) * layout.rowBytes);
  }

  async solve(block: number, signal: AbortSignal): Promise<void> {
    const { geometry } = this.#layout;
    const rows = new Uint8Array(this.#rows, 0, this.#layout.rowCount(block) * geometry.symbolBytes);
    await this.#load(block, rows, signal);
    await this.#pool.solve(rows, blockSymbolCount(geometry, block), geometry.symbolBytes);
    await this.#store(block, rows, signal);
  }

  async #load(block: number, rows: Uint8Array, signal: AbortSignal): Promise<void> {
    const { geometry } = this.#layout;
    const start = blockOffset(geometry, block);
    const length = blockLength(geometry, block);
    for (let done = 0; done < length && !signal.aborted; done += PIECE_BYTES) {
      await this.#source.read(start + done, rows.subarray(done, Math.min(done + PIECE_BYTES, length)));
    }
    // The object's last symbol may be short.
    rows.fill(0, length, blockSymbolCount(geometry, block) * geometry.symbolBytes);
  }

  async #store(block: number, rows: Uint8Array, signal: AbortSignal): Promise<void> {
    const { rowBytes, geometry } = this.#layout;
    const { symbolBytes } = geometry;
    const rowCount = this.#layout.rowCount(block);
    const pieceRows = this.#piece.length / rowBytes;
    for (let first = 0; first < rowCount && !signal.aborted; first += pieceRows) {
      const count = Math.min(pieceRows, rowCount - first);
      for (let i = 0; i < count; i++) {
        const symbol = rows.subarray((first + i) * symbolBytes, (first + i + 1) * symbolBytes);
        this.#layout.fillRow(this.#piece.subarray(i * rowBytes, (i + 1) * rowBytes), symbol);
      }
      const position = this.#layout.blockStart(block) + first * rowBytes;
      await writeFully(this.#handle, this.#piece.subarray(0, count * rowBytes), position);
    }
  }
}

class Progress {
  #done = 0;
  #told = 0;
  readonly #total: number;
  readonly #tell: (doneBytes: number) => void;

  constructor(total: number, tell: (doneBytes: number) => void) {
    this.#total = total;
    this.#tell = tell;
  }

  add(bytes: number): void {
    this.#done += bytes;
    if (this.#done < this.#told + PROGRESS_BYTES && this.#done < this.#total) return;
    this.#told = this.#done;
    this.#tell(this.#done);
  }
}
