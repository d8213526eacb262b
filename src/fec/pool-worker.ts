// The other end of pool.ts: one job after the other.
import { parentPort } from 'node:worker_threads';
import { answer, type Job } from './jobs.js';

parentPort?.on('message', (job: Job) => {
  const result = answer(job);
  const memory =
    result.kind === 'encoded' ? result.intermediate : result.kind === 'restored' ? result.block : undefined;
  parentPort?.postMessage(result, memory?.buffer instanceof ArrayBuffer ? [memory.buffer] : []);
});
