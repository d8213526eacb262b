// Fills up a small file system in the middle of things. Argument: a directory on a file system of 2 MB. Prints what happened
// as JSON, step by step.
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { geometryOf, symbolLength } from '../../dist/object/geometry.js';
import { Journal } from '../../dist/store/journal/journal.js';
import { PartFile } from '../../dist/store/part/part-file.js';
import { ScatteredFile } from '../../dist/store/part/scattered-file.js';

const directory = argv[2]!;
const path = join(directory, 'out.part');
const filler = join(directory, 'filler');
const said: Record<string, unknown> = {};

async function failure(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
    return 'done';
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'hint' in error)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
}

function fillUp(): void {
  const { bavail, bsize } = statfsSync(directory);
  writeFileSync(filler, Buffer.alloc((bavail - 10) * bsize));
}

said.tooLarge = await failure(() => PartFile.open({ path, geometry: geometryOf(4_000_000, 1184, 1), resume: false }));

const geometry = geometryOf(1_200_000, 1184, 1);
const content = randomBytes(1_200_000);
const part = await PartFile.open({ path, geometry, resume: false });
fillUp();
const write = (symbol: number) => part.write(symbol, content, symbol * 1184, symbolLength(geometry, symbol));
const symbols = Array.from({ length: geometry.symbolCount }, (_, symbol) => symbol);
/** From the first write that the disk refused, no symbol is taken. */
const taken = new Set(symbols.filter(write));
said.flushOnFull = await failure(() => part.flush());
said.writeOnFull = part.write(0, content, 0, 1184);
const seen = Buffer.alloc(content.length);
await part.read(0, seen);
const isSeen = (symbol: number) => {
  const [start, end] = [symbol * 1184, symbol * 1184 + symbolLength(geometry, symbol)];
  return seen.subarray(start, end).equals(content.subarray(start, end));
};
said.readOnFull = taken.size > 0 && [...taken].every(isSeen);
rmSync(filler);
said.flushWithRoom = await failure(() => part.flush());
said.writeWithRoom = write(0);
for (const symbol of symbols) {
  while (!taken.has(symbol) && !write(symbol)) await new Promise(setImmediate);
}
await part.finish(join(directory, 'out'));
said.finished = readFileSync(join(directory, 'out')).equals(content);

const identity = {
  tag: new Uint8Array(8),
  geometry: geometryOf(400_000 * 16, 16, 10),
  sha256: new Uint8Array(32),
  fleet: 'f',
  object: 'o',
  version: 1,
};
const { journal } = await Journal.open(`${path}.journal`, identity, true);
const durable = Array.from({ length: 100_000 }, (_, i) => [4 * i, 1] as const);
fillUp();
said.appendOnFull = await failure(() => journal.append({ durable }));
rmSync(filler);
said.appendWithRoom = await failure(() => journal.append({ durable }));
await journal.append({ durable: [[1, 1]] });
await journal.close();
const again = await Journal.open(`${path}.journal`, identity, true);
said.journalled = [again.startedOver, again.journal.holdings.claimedOwn.count];
await again.journal.close();

rmSync(join(directory, 'out'));
rmSync(`${path}.journal`);
const framesPath = join(directory, 'frames.part');
const frames = await ScatteredFile.open(framesPath, { sizeBytes: 400_000, resume: false, mode: 0o600 });
fillUp();
frames.write(0, content, 0, 200_000);
said.framesOnFull = await failure(() => frames.flush());
said.framesStillOnFull = await failure(() => frames.flush());
rmSync(filler);
said.framesWithRoom = await failure(() => frames.flush());
said.framesKept = readFileSync(framesPath).subarray(0, 200_000).equals(content.subarray(0, 200_000));
await frames.close();
stdout.write(JSON.stringify(said));
