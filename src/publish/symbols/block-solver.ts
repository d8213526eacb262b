import type { FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { LayercastError } from '../../base/errors.js';
import { blockLength } from '../../object/geometry.js';
import type { FileSource } from '../../store/file-source.js';
import { Thread } from '../../work/thread.js';
import type { IntermediateLayout } from './intermediate-layout.js';
import type { SolvingWorker } from './solving-worker.js';

/** Threads, if no setting gives their number. */
const DEFAULT_THREADS = 2;
/**
 * Blocks of these threads together; one thread may always have a larger block. Beside its block a thread has the program that solves
 * it, up to 5 MB, and an isolate of 10 MB.
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
 * Solves blocks of an object for their intermediate symbols and writes these to `handle`. Threads do that; they end with the function
 * and free their memory then. Nothing of a block is written before it is known that the object's file was unchanged when it was read.
 *
 * @param blocks numbers of blocks, each once
 * @throws {LayercastError} `OBJECT_CHANGED`, `ABORTED`, `DISK_FULL`, `THREAD_LOST`, …; when it rejects, nothing is under way
 */
export async function solveBlocks(
  source: FileSource,
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

/** Solves one block after the other, in one thread and the same memory, which end together. */
async function runLane(
  source: FileSource,
  layout: IntermediateLayout,
  fd: number,
  waiting: Iterator<number>,
  signal: AbortSignal,
  onDone: (block: number) => void,
): Promise<void> {
  const thread = new Thread<SolvingWorker>(new URL('./solving-worker.js', import.meta.url), 'encoding', {
    sourceFd: source.fd,
    fd,
    geometry: layout.geometry,
  });
  try {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      await thread.call('load', next.value, { signal });
      await source.confirm();
      await thread.call('solve', undefined, { signal });
      onDone(next.value);
    }
  } finally {
    await thread.close();
  }
}
