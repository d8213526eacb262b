// Changed datagrams of every type at receivers, and changed messages of CoAP at a server, until none crashes, takes a wrong byte, or grows.
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fuzzCoap } from '../test/fuzz/fuzzed-coap.js';
import { fuzz } from '../test/fuzz/fuzzed-fleet.js';
import { median, table } from './table.js';

const USAGE = ['seed', 'datagrams', 'slice'] as const;
/** Live memory grows by so much at most: what V8 compiles and learns is some 0.07 MB for each of the first slices, and ends by itself. */
const MAX_GROWTH_MEGABYTES = 2;

/**
 * Ends with an error, which names the seed of its slice, if a receiver crashed, made a wrong byte, or was not done after the flood, or if
 * live memory grew; or if a server of CoAP passed a bound, or served its file no more. Live is what is left when garbage has been collected.
 * `--datagrams N` in all (10 million), `--slice N` in each run with a seed of its own (100,000), `--seed TEXT` to repeat it.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const options = Object.fromEntries(USAGE.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args: [...args], options });
  const { seed = `${Date.now()}`, datagrams = '1e7', slice = '1e5' } = values as Partial<Record<string, string>>;
  const total = Number(datagrams);
  const invalid: Record<string, number> = {};
  const megabytes: number[] = [];
  let [sent, completed, coapMessages] = [0, 0, 0];
  for (let i = 0; sent < total; i++) {
    const name = `${seed}/${i}`;
    const outcome = await fuzz(name, Math.min(Number(slice), total - sent), i % 2 === 0 ? 'raptorq' : 'none').catch(
      (error) => {
        console.error(`seed ${name}`);
        throw error;
      },
    );
    // A tenth as many: a message of CoAP takes ten times as long.
    const coap = await fuzzCoap(name, Math.ceil(outcome.datagrams / 10)).catch((error) => {
      console.error(`seed ${name}`);
      throw error;
    });
    coapMessages += coap.messages;
    sent += outcome.datagrams;
    completed += outcome.completed;
    for (const [reason, count] of Object.entries(outcome.invalid)) invalid[reason] = (invalid[reason] ?? 0) + count;
    megabytes.push(await liveMegabytes());
    console.error(`seed ${name}: ${sent} datagrams, ${completed} files, ${megabytes.at(-1)!.toFixed(2)} MB live`);
  }
  console.log(
    table(Object.entries(invalid), [
      { title: 'reason', cell: ([reason]) => reason },
      { title: 'datagrams', cell: ([, count]) => count },
    ]),
  );
  const slices = megabytes.map((live, i) => ({ datagrams: Math.min(total, (i + 1) * Number(slice)), live }));
  const milestones = slices.filter(
    (_, i) => i === slices.length - 1 || [1, 2, 5].includes(Number(`${i + 1}`.replace(/0+$/, ''))),
  );
  console.log(
    table(milestones, [
      { title: 'after datagrams', cell: ({ datagrams: count }) => count },
      { title: 'live memory, MB', cell: ({ live }) => live },
    ]),
  );
  const [early, late] = [median(megabytes.slice(1, 6)), median(megabytes.slice(-5))];
  const most = Math.max(...megabytes);
  console.log(`${coapMessages} changed messages of CoAP`);
  console.log(`${sent} changed datagrams, ${completed} right files, at most ${most.toFixed(2)} MB live after a slice`);
  if (late > early + MAX_GROWTH_MEGABYTES) throw new Error(`live memory grew from ${early} to ${late} MB`);
  return { seed, datagrams: sent, completed, coapMessages, invalid, slices, mostMegabytes: most };
}

/**
 * What is still in use when nothing more can be collected. One collection is not enough: V8 sweeps beside the program, and finalizers
 * give memory back later.
 */
async function liveMegabytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let live = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 20; attempt++) {
    await wait(5);
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const before = live;
    live = (heapUsed + arrayBuffers) / 2 ** 20;
    if (Math.abs(before - live) < 0.02) break;
  }
  return live;
}
