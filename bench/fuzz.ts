// Changed datagrams of every type at receivers, until none crashes, takes a wrong byte, or grows.
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fuzz } from '../test/fuzz/fuzzed-fleet.js';
import { median, table } from './table.js';

const USAGE = ['seed', 'datagrams', 'slice'] as const;

/**
 * Ends with an error, which names the seed of its slice, if a receiver crashed, made a wrong byte, or was not done after the flood.
 * `--datagrams N` in all (10 million), `--slice N` in each run with a seed of its own (100,000), `--seed TEXT` to repeat it.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const options = Object.fromEntries(USAGE.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args: [...args], options });
  const { seed = `${Date.now()}`, datagrams = '1e7', slice = '1e5' } = values as Partial<Record<string, string>>;
  const total = Number(datagrams);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const usedMegabytes = async () => {
    // What the last slice left in queues of the event loop would count as used.
    for (let turn = 0; turn < 3; turn++) {
      await setImmediate();
      collect();
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return (heapUsed + arrayBuffers) / 2 ** 20;
  };
  const invalid: Record<string, number> = {};
  const megabytes: number[] = [];
  let [sent, completed] = [0, 0];
  for (let i = 0; sent < total; i++) {
    const name = `${seed}/${i}`;
    const outcome = await fuzz(name, Math.min(Number(slice), total - sent), i % 2 === 0 ? 'raptorq' : 'none').catch(
      (error) => {
        console.error(`seed ${name}`);
        throw error;
      },
    );
    sent += outcome.datagrams;
    completed += outcome.completed;
    for (const [reason, count] of Object.entries(outcome.invalid)) invalid[reason] = (invalid[reason] ?? 0) + count;
    megabytes.push(await usedMegabytes());
    console.error(`seed ${name}: ${sent} datagrams, ${completed} files, ${megabytes.at(-1)!.toFixed(1)} MB`);
  }
  console.log(
    table(Object.entries(invalid), [
      { title: 'reason', cell: ([reason]) => reason },
      { title: 'datagrams', cell: ([, count]) => count },
    ]),
  );
  const [early, late] = [median(megabytes.slice(1, 6)), median(megabytes.slice(-5))];
  console.log(
    `${sent} changed datagrams, ${completed} right files, memory ${early.toFixed(1)} MB, then ${late.toFixed(1)} MB`,
  );
  if (late > 1.1 * early + 2) throw new Error(`memory grew from ${early} to ${late} MB`);
  return { seed, datagrams: sent, completed, invalid, earlyMegabytes: early, lateMegabytes: late };
}
