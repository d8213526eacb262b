import type { FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { LayercastError } from '../../base/errors.js';
import { FILE_PIECE_BYTES } from '../../base/limits.js';
import type { ByteSource } from '../../base/ports.js';
import { blockLength, blockOffset, blockSymbolCount, type Geometry } from '../../object/geometry.js';
import { Thread } from '../../work/thread.js';
import type { IntermediateLayout } from './intermediate-layout.js';
import type { SolvingWorker } from './solving-worker.js';

/** Threads, if no setting gives their number. */
const DEFAULT_THREADS = 2;
/**
 * Blocks of these threads together; one thread may always have a larger block. Beside its block a thread has a table of up to
 * 32 MB and plans of the same size, so that two threads with blocks of 20 MB would take all of the 200 MB that a server may
 * have.
 */
const DEFAULT_BLOCKS_BYTES = 24 * 2 ** 20;
/** Bytes between two reports of progress, as for `hashing`. */
const PROGRESS_BYTES = 64e6;

export interface SolveOptions {
  /** Threads, each with one block at a time. @default 2, or 1 on one processor or for blocks larger than 12 MB */
  readonly threadCount?: number | undefined;
  readonly signal: AbortSignal;
  /** Called with how many bytes of the object are encoded. */
  readonly onProgress: (encodedBytes: number) => void;
}

/**
 * Solves blocks of an object for their intermediate symbols and writes these to `handle`. The calling thread reads the object's
 * file; threads that end with the function, and free their memory then, do the rest.
 *
 * @param blocks numbers of blocks, each once
 * @throws {LayercastError} `OBJECT_CHANGED`, `ABORTED`, `DISK_FULL`, `THREAD_LOST`, …; when it rejects, nothing is under way
 */
export async function solveBlocks(
  source: ByteSource,
  layout: IntermediateLayout,
  handle: FileHandle,
  blocks: readonly number[],
  options: SolveOptions,
): Promise<void> {
  const { signal, onProgress } = options;
  const { geometry } = layout;
  const waiting = blocks.values();
  const ending = new AbortController();
  const anyEnd = AbortSignal.any([signal, ending.signal]);
  let doneBytes = 0;
  let toldBytes = 0;
  const advance = (block: number) => {
    doneBytes += blockLength(geometry, block);
    if (doneBytes < toldBytes + PROGRESS_BYTES && doneBytes < geometry.sizeBytes) return;
    toldBytes = doneBytes;
    onProgress(doneBytes);
  };
  const lanes = Array.from({ length: threadCountFor(layout, options) }, () =>
    runLane(source, layout, handle.fd, waiting, anyEnd, advance).catch((error: unknown) => {
      ending.abort();
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(lanes);
  if (signal.aborted) throw new LayercastError('ABORTED', 'encoding was aborted', { cause: signal.reason });
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  // A lane that was ended because another lane failed rejects with the reason of `ending`. The fault itself is a
  // `LayercastError`.
  const first = failures.find((failure) => failure instanceof LayercastError) ?? failures[0];
  if (first !== undefined) throw first;
}

function threadCountFor({ longRowCount, geometry }: IntermediateLayout, { threadCount }: SolveOptions): number {
  const fitting = Math.floor(DEFAULT_BLOCKS_BYTES / (longRowCount * geometry.symbolBytes));
  const chosen = threadCount ?? Math.max(1, Math.min(DEFAULT_THREADS, availableParallelism(), fitting));
  return Math.min(chosen, geometry.blockCount);
}

/** Solves one block after the other, in one thread and the same memory. */
async function runLane(
  source: ByteSource,
  layout: IntermediateLayout,
  fd: number,
  waiting: Iterator<number>,
  signal: AbortSignal,
  onDone: (block: number) => void,
): Promise<void> {
  const thread = new Thread<SolvingWorker>(new URL('./solving-worker.js', import.meta.url), 'encoding', {
    fd,
    geometry: layout.geometry,
  });
  try {
    let memory = await thread.call('allocate', undefined, { signal });
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      await loadBlock(source, layout.geometry, next.value, new Uint8Array(memory), signal);
      memory = await thread.call('solve', { block: next.value, memory }, { transfer: [memory], signal });
      onDone(next.value);
    }
    // In this thread the memory would stay until the next collection of garbage, which may be far.
    await thread.call('free', memory, { transfer: [memory] });
  } finally {
    await thread.close();
  }
}

async function loadBlock(
  source: ByteSource,
  geometry: Geometry,
  block: number,
  into: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const start = blockOffset(geometry, block);
  const length = blockLength(geometry, block);
  for (let done = 0; done < length; done += FILE_PIECE_BYTES) {
    signal.throwIfAborted();
    await source.read(start + done, into.subarray(done, Math.min(done + FILE_PIECE_BYTES, length)));
  }
  // The object's last symbol may be short.
  into.fill(0, length, blockSymbolCount(geometry, block) * geometry.symbolBytes);
}
