// A new process that restores blocks as a receiver's thread does. Prints the processor time of each stage of each block as JSON, in ms: of all threads,
// V8's compilers too.
//
// Arguments: folder of a build, symbols of a block, share of them that is missing, number of blocks.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const SYMBOL_BYTES = 1184;
/** Longer than V8's compilers work after a block. */
const AFTER_MS = 400;

const [build, sourceCount, missingRatio, blockCount] = [process.argv[2], ...process.argv.slice(3).map(Number)];
let lastMs = usedMs();
const { openReceivedBlock } = await import(pathToFileURL(join(build, 'fec/index.js')).href);
const loadMs = sinceLast();
const sets = Array.from({ length: blockCount }, (_, block) => esisOf(block));
// What this program has made work for V8 is done.
await wait(AFTER_MS);
const blocks = [];
for (const [block, esis] of sets.entries()) {
  sinceLast();
  let opened = openReceivedBlock(sourceCount, SYMBOL_BYTES, esis);
  opened ??= openReceivedBlock(sourceCount, SYMBOL_BYTES, Int32Array.of(...esis, 2 * 7_654_321));
  const planMs = sinceLast();
  opened.rows.fill(block);
  sinceLast();
  const bytes = opened.solve();
  const solveMs = sinceLast();
  createHash('sha256').update(bytes).digest();
  blocks.push({ planMs, solveMs, hashMs: sinceLast() });
}
await wait(AFTER_MS);
const afterMs = sinceLast();
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ loadMs, blocks, afterMs, peakMegabytes: maxRSS / 1024 }));

/** Other symbols are missing of each block; repair symbols with consecutive ESIs take their places. */
function esisOf(block) {
  let state = block + 1;
  const order = Array.from({ length: sourceCount }, (_, esi) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return [state, esi];
  });
  const missing = order.sort(([a], [b]) => a - b).slice(0, Math.round(missingRatio * sourceCount));
  const esis = Int32Array.from({ length: sourceCount }, (_, esi) => esi);
  for (const [i, [, esi]] of missing.entries()) esis[esi] = sourceCount + 100_000 * (block + 1) + i;
  return esis;
}

function sinceLast() {
  const before = lastMs;
  lastMs = usedMs();
  return lastMs - before;
}

function usedMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
