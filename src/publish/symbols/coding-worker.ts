// The other end of coding-thread.ts: one request after the other.
import { parentPort, workerData } from 'node:worker_threads';
import type { CodingReply, CodingRequest } from './coding-thread.js';
import { IntermediateLayout } from './intermediate-layout.js';
import { DamagedBlock, StoredBlocks } from './stored-blocks.js';

/** All objects together hold no more; one either fits into what is left, or is read. */
const maxHeldBytes: number = workerData;
const objects = new Map<number, { readonly blocks: StoredBlocks; readonly heldBytes: number }>();

parentPort?.on('message', (request: CodingRequest) => {
  if (request.kind === 'open') return open(request);
  if (request.kind === 'make') return reply(make(request), request.bytes.buffer);
  objects.delete(request.object);
  reply({ kind: 'closed', ticket: request.ticket });
});

function open({ object, fd, geometry }: CodingRequest & { readonly kind: 'open' }): void {
  const { fileBytes } = new IntermediateLayout(geometry);
  const heldBytes = [...objects.values()].reduce((sum, other) => sum + other.heldBytes, 0);
  const isHeld = heldBytes + fileBytes <= maxHeldBytes;
  objects.set(object, { blocks: new StoredBlocks(fd, geometry, isHeld), heldBytes: isHeld ? fileBytes : 0 });
}

function make({ ticket, object, runs, bytes, symbolBytes }: CodingRequest & { readonly kind: 'make' }): CodingReply {
  try {
    const blocks = objects.get(object)?.blocks;
    if (blocks === undefined) throw new Error('the object is closed');
    let at = 0;
    for (const { block, firstEsi, count } of runs) {
      blocks.encode(block, firstEsi, count, bytes.subarray(at));
      at += count * symbolBytes;
    }
    return { kind: 'made', ticket, bytes };
  } catch (error) {
    if (error instanceof DamagedBlock) return { kind: 'damaged', ticket, bytes, block: error.block };
    return { kind: 'failed', ticket, bytes, message: error instanceof Error ? error.message : String(error) };
  }
}

function reply(answer: CodingReply, memory?: ArrayBuffer): void {
  parentPort?.postMessage(answer, memory === undefined ? [] : [memory]);
}
