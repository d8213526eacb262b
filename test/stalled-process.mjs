// The thread of test/stall-watch.ts, in JavaScript because threads take no other. It runs while the main thread of its process does not.
import { appendFileSync, writeSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { setTimeout as after } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

const { beats, limitMs, lookMs } = workerData;
const STDERR = 2;
const ANSWER_MS = 10_000;

parentPort.postMessage('watching');
await stallOf(limitMs);
const { user, system } = process.cpuUsage();
const seconds = ((user + system) / 1e6).toFixed(1);
tell(
  `process ${process.pid} has done nothing else for ${limitMs / 1000} s, and has used ${seconds} s of processor time in its life`,
);
const session = new Session();
session.connectToMainThread();
session.on('Debugger.paused', ({ params }) => end(params.callFrames));
void session.post('Debugger.enable').then(() => session.post('Debugger.pause'));
// The answer does not come where the engine itself hangs.
await after(ANSWER_MS);
end([]);

/** Resolves when the main thread has not turned for so long. */
async function stallOf(stallMs) {
  let last = -1;
  let sinceMs = 0;
  do {
    await after(lookMs);
    const count = Atomics.load(beats, 0);
    if (count !== last) sinceMs = Date.now();
    last = count;
  } while (Date.now() - sinceMs < stallMs);
}

function end(frames) {
  const places = frames.map((frame) => `  at ${frame.functionName} (${frame.url}:${frame.location.lineNumber + 1})`);
  tell(places.length === 0 ? '  inside the engine' : places.join('\n'));
  process.kill(process.pid, 'SIGKILL');
}

function tell(text) {
  writeSync(STDERR, `${text}\n`);
  const file = process.env.TEST_STALLS;
  if (file) appendFileSync(file, `${text}\n`);
}
