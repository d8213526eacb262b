import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LayercastError } from '../dist/base/errors.js';
import { layercast } from './speed/layercast.js';
import { type Share, sharesIn } from './speed/profile.js';
import { Stage } from './speed/stage.js';
import { table } from './table.js';

/** Payload of one datagram with the default `symbolBytes`. */
const SYMBOL_BYTES = 1184;
const MEMORY = '/dev/shm';

/**
 * Where the time goes: profiles the threads of a server and of a receiver during one transfer, and prints µs for each datagram by
 * folder of src/. What the kernel does in a call counts for the folder that made the call.
 *
 * Arguments: `--megabytes N` (1000), `--code none|raptorq`, `--gigabits N` asked for (2).
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      megabytes: { type: 'string', default: '1000' },
      code: { type: 'string', default: 'none' },
      gigabits: { type: 'string', default: '2' },
    },
  });
  const [megabytes, rateGigabits, { code }] = [Number(values.megabytes), Number(values.gigabits), values];
  if (!(megabytes > 0) || !(rateGigabits > 0) || (code !== 'none' && code !== 'raptorq')) {
    throw new LayercastError(
      'USAGE',
      `${values.megabytes} MB at ${values.gigabits} Gbit/s with code ${code} is no load`,
    );
  }
  await using stage = await Stage.set(1, megabytes * 1e6, existsSync(MEMORY) ? MEMORY : tmpdir());
  const [server, receiver] = [join(stage.folder, 'server'), join(stage.folder, 'receiver')];
  await mkdir(server);
  await mkdir(receiver);
  const profiled = (folder: string) => ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500'];
  const nodeOptions = { server: profiled(server), receiver: profiled(receiver) };
  const transfer = await layercast(stage, 'profiled', { code, rateGigabits, nodeOptions });
  const datagramCount = ((megabytes * 1e6) / SYMBOL_BYTES) * (transfer.passes ?? 1);
  const results: Record<string, readonly Share[]> = {};
  for (const [side, folder] of [
    ['server', server],
    ['receiver', receiver],
  ] as const) {
    const shares = await sharesIn(folder);
    results[side] = shares;
    console.log(`${side}, ${code}: ${Math.round(datagramCount)} datagrams in ${transfer.seconds.toFixed(2)} s\n`);
    console.log(
      `${table(shares, [
        { title: 'thread', cell: ({ thread }) => thread },
        { title: 'what', cell: ({ what }) => what },
        { title: 'ms', cell: ({ us }) => Math.round(us / 1000) },
        { title: 'µs per datagram', cell: ({ us }) => us / datagramCount },
      ])}\n`,
    );
  }
  return { megabytes, code, seconds: transfer.seconds, ...results };
}
