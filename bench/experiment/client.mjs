// A client of layercast that has loaded the library and waits: it begins at SIGUSR2, and prints when the file is whole.
// Arguments: one JSON object with the options of `createReceiver`; `key` is a path.
import { readFileSync } from 'node:fs';
import { systemClock } from '../../dist/base/system-clock.js';
import { workHere } from '../../dist/cli/this-thread.js';
import { createReceiver } from '../../dist/index.js';
// As `fetch` where its output is no terminal: it works in this thread. The engine is loaded now, as all of a client's code.
import '../../dist/engine/receiver-engine.js';

const { key, ...options } = JSON.parse(process.argv[2]);
const say = (event) => console.log(JSON.stringify(event));
const startedMs = () => Math.round(performance.now() - beganMs);
let beganMs = 0;
const clock = workHere(systemClock);

process.once('SIGUSR2', async () => {
  beganMs = performance.now();
  const receiver = createReceiver({ ...options, key: readFileSync(key), clock });
  for (const name of ['listening', 'join', 'leave', 'warning']) {
    receiver.on(name, (details) => say({ event: name, ms: startedMs(), ...details }));
  }
  try {
    const { overhead } = await receiver.done;
    say({ event: 'complete', ms: startedMs(), overhead });
  } catch ({ code, message }) {
    say({ event: 'failed', code, message });
  }
  await receiver.close();
  process.exit();
});
setInterval(() => {}, 60_000);
say({ event: 'ready' });
