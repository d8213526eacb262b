import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LayercastError } from '../../dist/base/errors.js';
import type { Done, Job } from './work.js';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** Has jobs done by so many processes; results come in the order in which they are done. */
export async function* doneBy(workerCount: number, jobs: readonly Job[]): AsyncGenerator<Done> {
  const waiting = [...jobs];
  const finished: Done[] = [];
  let failure: LayercastError | undefined;
  let wake = () => {};
  // Infinite figures do not survive JSON.
  const workers = Array.from({ length: Math.min(workerCount, jobs.length) }, () =>
    fork(WORKER, { serialization: 'advanced' }),
  );
  const feed = (worker: ChildProcess) => {
    const job = waiting.shift();
    if (job === undefined) worker.disconnect();
    else worker.send(job);
  };
  for (const worker of workers) {
    worker.on('message', (done: Done) => {
      finished.push(done);
      feed(worker);
      wake();
    });
    worker.on('exit', (code, signal) => {
      if (code !== 0) failure ??= new LayercastError('INTERNAL', `a worker ended with ${signal ?? code}`);
      wake();
    });
    feed(worker);
  }
  try {
    for (let count = 0; count < jobs.length; count++) {
      while (finished.length === 0 && failure === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure !== undefined) throw failure;
      yield finished.shift()!;
    }
  } finally {
    for (const worker of workers) {
      if (worker.exitCode !== null || worker.signalCode !== null) continue;
      if (worker.connected) worker.kill();
      else await once(worker, 'exit');
    }
  }
}
