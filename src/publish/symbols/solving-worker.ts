// The other end of block-solver.ts: solves one block after the other and writes it.

import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { LayercastError } from '../../base/errors.js';
import { FILE_PIECE_BYTES } from '../../base/limits.js';
import { solveInPlace } from '../../fec/index.js';
import { blockSymbolCount } from '../../object/geometry.js';
import { systemError } from '../../store/system-error.js';
import type { SolvingReply, SolvingRequest, SolvingWork } from './block-solver.js';
import { IntermediateLayout } from './intermediate-layout.js';

const { fd, geometry }: SolvingWork = workerData;
const layout = new IntermediateLayout(geometry);
const pieceRows = Math.max(1, Math.floor(FILE_PIECE_BYTES / layout.rowBytes));
const piece = Buffer.alloc(pieceRows * layout.rowBytes);

parentPort?.on('message', (request: SolvingRequest | undefined) => {
  if (request === undefined) return;
  try {
    solve(request);
    reply({ kind: 'ready', memory: request.memory }, request.memory);
  } catch (error) {
    const failure = error instanceof LayercastError ? error : systemError(error, 'write', 'intermediate symbols');
    reply({ kind: 'failed', code: failure.code, message: failure.message, hint: failure.hint });
  }
});

const memory = new ArrayBuffer(layout.longRowCount * geometry.symbolBytes);
reply({ kind: 'ready', memory }, memory);

function solve({ block, memory: room }: SolvingRequest): void {
  const { symbolBytes } = geometry;
  const rowCount = layout.rowCount(block);
  const rows = new Uint8Array(room, 0, rowCount * symbolBytes);
  solveInPlace(rows, blockSymbolCount(geometry, block), symbolBytes);
  for (let first = 0; first < rowCount; first += pieceRows) {
    const count = Math.min(pieceRows, rowCount - first);
    for (let i = 0; i < count; i++) {
      const symbol = rows.subarray((first + i) * symbolBytes, (first + i + 1) * symbolBytes);
      layout.fillRow(piece.subarray(i * layout.rowBytes, (i + 1) * layout.rowBytes), symbol);
    }
    writeAll(piece.subarray(0, count * layout.rowBytes), layout.blockStart(block) + first * layout.rowBytes);
  }
}

/** A full disk takes a part, and says so only when asked for the rest. */
function writeAll(bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

function reply(answer: SolvingReply, transferred?: ArrayBuffer): void {
  parentPort?.postMessage(answer, transferred === undefined ? [] : [transferred]);
}
