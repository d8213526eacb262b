// Takes a lock over and over: while it has it, it alone may have the witness file. Arguments: lock path, rounds, how to end a
// round (`release`, or `die` in the first).
import { rmSync, writeFileSync } from 'node:fs';
import { argv, exit, stdout } from 'node:process';
import { FileLock } from '../../dist/store/lock/file-lock.js';

const path = argv[2];
const roundCount = Number(argv[3]);
let wonCount = 0;
// A process that releases goes on until it has had the lock once: a dying process may hold the lock for some time.
for (let round = 0; round < roundCount || (argv[4] === 'release' && wonCount === 0); round++) {
  let lock;
  try {
    lock = await FileLock.acquire(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'FILE_IN_USE') continue;
    throw error;
  }
  wonCount++;
  // Fails when another process believes that it has the lock as well.
  writeFileSync(`${path}-witness`, '', { flag: 'wx' });
  await new Promise(setImmediate);
  rmSync(`${path}-witness`);
  if (argv[4] === 'die') exit(3);
  if (argv[4] === 'hold') {
    stdout.write('locked\n');
    setInterval(() => {}, 1000);
    break;
  }
  await lock.release();
}
if (argv[4] !== 'hold') stdout.write(`${wonCount}\n`);
