// Fetches an object without a network: writes symbols that are missing, in runs at random places, guests to places that are
// free, and restores blocks over them, with checkpoints meanwhile, until the object is whole and has its name; or for so many
// steps: then it kills itself, whatever its I/O threads are at. Arguments: directory, size in bytes, steps (−1: until it is
// whole). It first prints how many symbols and guests it found.
import { argv, kill, pid, stdout } from 'node:process';
import { blockOf, firstSymbolOf } from '../../dist/object/geometry.js';
import { finishAs, openObjectFile } from '../../dist/retrieve/object-file.js';
import { heldIn } from '../object/held.js';
import { blockRun, bytesOfGuest, bytesOfSymbol, descriptorOf, identityOf, pathsIn } from './crash-object.js';
import { CrashRestorer, contentOf, digestOf } from './crash-restorer.js';

const { geometry } = identityOf(Number(argv[3]));
const { target, journalPath } = pathsIn(argv[2]!);
const stepsToLive = Number(argv[4]);
const store = await openObjectFile(descriptorOf(geometry), {
  partPath: `${target}.part`,
  journalPath,
  restorer: new CrashRestorer(geometry, 50),
  finish: finishAs(target),
});
const { holdings } = store;
const found = heldIn(holdings);
stdout.write(`${found.ownCount} ${found.guestCount}\n`);

const restoring = new Set<number>();
let checkpoint = Promise.resolve();

function writeOwn(symbol: number): boolean {
  const bytes = bytesOfSymbol(geometry, symbol);
  const esi = symbol - firstSymbolOf(geometry, blockOf(geometry, symbol));
  return store.writeSymbol(symbol, esi, bytes, 0, bytes.length);
}

function writeGuest(place: number, esi: number): boolean {
  const bytes = bytesOfGuest(geometry, blockOf(geometry, place), esi);
  return store.writeSymbol(place, esi, bytes, 0, bytes.length);
}

/** Forty places, as far as they are free, and not in a block that is being restored. */
async function fillRun(start: number): Promise<void> {
  const areGuests = Math.random() < 0.4;
  const firstEsi = 2000 + Math.floor(Math.random() * 2 ** 20);
  for (let place = start; place < Math.min(geometry.symbolCount - (areGuests ? 1 : 0), start + 40); place++) {
    const isFree = () => !holdings.filled.has(place) && !restoring.has(blockOf(geometry, place));
    while (isFree() && !(areGuests ? writeGuest(place, firstEsi + place - start) : writeOwn(place))) {
      await new Promise(setImmediate);
    }
  }
}

async function restore(block: number): Promise<void> {
  const [first, count] = blockRun(geometry, block);
  const hasGuests = Array.from({ length: count }, (_, i) => holdings.guestAt(first + i)).some((esi) => esi >= 0);
  if (restoring.has(block) || !hasGuests) return;
  restoring.add(block);
  const outcome = await store.restoreBlock(block, contentOf(geometry, block, holdings), digestOf(geometry, block));
  if (outcome !== 'genuine') throw new Error(`block ${block} is ${outcome}`);
  restoring.delete(block);
}

/** In the middle of restoring a block, as often as not. */
async function die(): Promise<void> {
  void restore(Math.floor(Math.random() * geometry.blockCount));
  const turnCount = Math.floor(Math.random() * 60);
  for (let turn = 0; turn < turnCount; turn++) await new Promise(setImmediate);
  kill(pid, 'SIGKILL');
}

for (let step = 1; stepsToLive >= 0 || !holdings.filled.isComplete; step++) {
  await fillRun(Math.floor(Math.random() * geometry.symbolCount));
  // A failure ends the process with another code than the test waits for.
  if (step % (stepsToLive < 0 ? 8 : 25) === 0) void restore(Math.floor(Math.random() * geometry.blockCount));
  if (step % 3 === 0) checkpoint = store.checkpoint();
  if (step % 2 === 0) await new Promise(setImmediate);
  if (step === stepsToLive) await die();
}
await checkpoint;
await store.commit();
