// Fetches an object without a network: writes symbols that are missing, in runs at random places, with checkpoints meanwhile,
// until it is done, or until it has lived so many steps: then it kills itself, whatever its I/O threads are at. Arguments:
// directory, size in bytes, steps.
import { argv, kill, pid, stdout } from 'node:process';
import { openPartialObject } from '../../dist/store/partial-object.js';
import { bytesOfSymbol, identityOf, pathsIn } from './crash-object.js';

const identity = identityOf(Number(argv[3]));
const { geometry } = identity;
const paths = pathsIn(argv[2]!);
const { part, journal, checkpoint } = await openPartialObject({ ...paths, identity });
const received = new Set<number>();
for (const [first, count] of journal.symbols.runs()) for (let i = 0; i < count; i++) received.add(first + i);
stdout.write(`${journal.symbols.count}\n`);

const stepsToLive = Number(argv[4]);
let stepCount = 0;
let running: Promise<void> = Promise.resolve();
while (received.size < geometry.symbolCount) {
  const start = Math.floor(Math.random() * geometry.symbolCount);
  for (let symbol = start; symbol < Math.min(geometry.symbolCount, start + 40); symbol++) {
    if (received.has(symbol)) continue;
    const bytes = bytesOfSymbol(geometry, symbol);
    while (!part.write(symbol * geometry.symbolBytes, bytes, 0, bytes.length)) await new Promise(setImmediate);
    received.add(symbol);
    checkpoint.noteWritten(symbol);
  }
  if (++stepCount % 3 === 0) {
    running = checkpoint.run();
    // A failure is thrown where it is awaited, at the end.
    running.catch(() => {});
  }
  if (stepCount % 2 === 0) await new Promise(setImmediate);
  if (stepCount === stepsToLive) kill(pid, 'SIGKILL');
}
await running;
await checkpoint.run();
await part.finish(paths.target);
await journal.discard();
