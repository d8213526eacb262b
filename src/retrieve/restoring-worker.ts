// The worker file of RestoringThreads (block-restorer.ts).
import { createHash } from 'node:crypto';
import { systemError } from '../base/system-error.js';
import { openReceivedBlock } from '../fec/index.js';
import { serveCalls } from '../work/serve-calls.js';
import { readRows, writeRuns } from './block-rows.js';
import type { BlockRun, StoredBlock } from './stored-block.js';

/** A block lies in the memory of the kernel from the file to the file: this thread holds no copy of it. */
const worker = () => {
  let solved: { readonly block: StoredBlock; readonly bytes: Uint8Array } | undefined;
  return {
    /** The thread has started when this is answered. */
    prepare: () => undefined,
    /** SHA-256 of the block, if its symbols determine it. */
    solve: (block: StoredBlock) => {
      solved = undefined;
      const { content, symbolBytes, lengthBytes } = block;
      const esis = new Int32Array(content.esis.length + content.spares.length);
      esis.set(content.esis);
      for (const [i, { esi }] of content.spares.entries()) esis[content.esis.length + i] = esi;
      const memory = openReceivedBlock(content.esis.length, symbolBytes, esis);
      if (memory === undefined) return undefined;
      try {
        readRows(block, memory);
      } catch (error) {
        throw systemError(error, 'read', block.path);
      }
      const bytes = memory.solve().subarray(0, lengthBytes);
      solved = { block, bytes };
      return createHash('sha256').update(bytes).digest();
    },
    /** Writes these places of the block that was solved last. */
    write: (runs: readonly BlockRun[]) => {
      if (solved === undefined) throw new Error('no block is solved');
      const { block, bytes } = solved;
      solved = undefined;
      try {
        writeRuns(block, bytes, runs);
      } catch (error) {
        throw systemError(error, 'write', block.path);
      }
    },
  };
};

export type RestoringWorker = typeof worker;

serveCalls(worker);
