// The other end of pool.ts: one job after the other.
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { type Answer, answer, type Job } from './jobs.js';

parentPort?.on('message', (job: Job) => {
  const result = answer(job, (bytes) => createHash('sha256').update(bytes).digest());
  const memory = memoryOf(result);
  parentPort?.postMessage(result, memory?.buffer instanceof ArrayBuffer ? [memory.buffer] : []);
});

function memoryOf(result: Answer): Uint8Array | undefined {
  if (result.kind === 'encoded') return result.intermediate;
  return result.kind === 'restored' || result.kind === 'solved' ? result.block : undefined;
}
