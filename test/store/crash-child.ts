// Fetches an object without a network: writes symbols that are missing, in runs at random places, with checkpoints meanwhile,
// until it is killed or done. Arguments: directory, size in bytes.
import { argv, stdout } from 'node:process';
import { openPartialObject } from '../../dist/store/partial-object.js';
import { bytesOfSymbol, identityOf, pathsIn } from './crash-object.js';

const identity = identityOf(Number(argv[3]));
const { geometry } = identity;
const paths = pathsIn(argv[2]!);
const { part, journal, checkpoint } = await openPartialObject({ ...paths, identity });
const received = new Set<number>();
for (const [first, count] of journal.symbols.runs()) for (let i = 0; i < count; i++) received.add(first + i);
stdout.write(`${journal.symbols.count}\n`);

let sinceCheckpoint = 0;
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
  if (++sinceCheckpoint % 5 === 0) {
    running = checkpoint.run();
    await new Promise(setImmediate);
  }
}
await running;
await checkpoint.run();
await part.finish(paths.target);
await journal.discard();
