// A client of layercast that has loaded the library and waits: it begins at SIGUSR2, and prints when the file is whole.
// Arguments: one JSON object with the options of `createReceiver`; `key` is a path.
import { readFileSync } from 'node:fs';
import { createReceiver } from '../../dist/index.js';

const { key, ...options } = JSON.parse(process.argv[2]);
const say = (event) => console.log(JSON.stringify(event));
const startedMs = () => Math.round(performance.now() - beganMs);
let beganMs = 0;

process.once('SIGUSR2', async () => {
  beganMs = performance.now();
  const receiver = createReceiver({ ...options, key: readFileSync(key) });
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
