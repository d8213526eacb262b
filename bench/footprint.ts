import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Bed } from '../test/lab/bed.js';
import type { Host } from '../test/lab/host.js';
import type { LabProcess } from '../test/lab/process.js';
import { usageOf } from './process/usage.js';
import { table } from './table.js';

const commandLine = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** From an agent's last transfer to the measurement of the idle agent. */
const SETTLING_MS = 60_000;
/** An idle agent works for a millisecond in a second, so a shorter time would show single collections. */
const IDLE_SECONDS = 60;

/** V8 compiles in the first seconds of a transfer, so a long one is measured after these. */
const START_SECONDS = 5;

interface Transferred {
  readonly name: string;
  readonly sizeBytes: number;
  readonly megabitsPerSecond: number;
  readonly code: string;
}

interface Footprint {
  readonly what: string;
  /** Share of one core, in per cent. */
  readonly corePercent: number;
  readonly residentMegabytes: number;
  /** At the end of the measurement. */
  readonly presentMegabytes: number;
}

/**
 * Measures the memory and processor time of a server and a receiver: an idle server of 100 channels at 10 kbit/s; an agent that has what it wants
 * while 100 objects are announced, each once in 3 s (the default rate for announcements allows no more); server and receiver
 * of one channel of 1, 10 and 100 Mbit/s, and of a huge (sparse) object at 100 Mbit/s, some seconds into the transfer.
 *
 * Arguments: `--seconds N` of measuring (10; an idle agent 60 at least), `--gigabytes N` of the huge object (10), `--code none|raptorq`, `--dir DIR`.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '10' },
      gigabytes: { type: 'string', default: '10' },
      code: { type: 'string', default: 'none' },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const seconds = Number(values.seconds);
  const folder = await mkdtemp(join(values.dir, 'layercast-footprint-'));
  try {
    await using bed = await Bed.lay({ hosts: ['alpha', 'r1'] });
    const [alpha, r1] = [bed.host('alpha'), bed.host('r1')];
    await alpha.layercast(['keygen', '--out', folder]).exited;
    const figures = [await idle(alpha, folder, seconds), await idleAgent(alpha, r1, folder, seconds)];
    for (const [name, sizeBytes, megabitsPerSecond] of [
      ['30 MB', 30e6, 1],
      ['100 MB', 100e6, 10],
      ['10 MB', 10e6, 100],
      [`${values.gigabytes} GB`, Number(values.gigabytes) * 1e9, 100],
    ] as const) {
      const object = { name, sizeBytes, megabitsPerSecond, code: values.code };
      figures.push(...(await transfer(alpha, r1, folder, object, seconds)));
    }
    console.log(
      table(figures, [
        { title: 'process', cell: ({ what }) => what },
        { title: '% of a core', cell: ({ corePercent }) => corePercent },
        { title: 'peak RSS, MB', cell: ({ residentMegabytes }) => residentMegabytes },
        { title: 'RSS, MB', cell: ({ presentMegabytes }) => presentMegabytes },
      ]),
    );
    return { figures };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function idle(host: Host, folder: string, seconds: number): Promise<Footprint> {
  const channels = `[${Array.from({ length: 25 }, () => '{ rate: 10kbit }').join(', ')}]`;
  const objects = [0, 1, 2, 3].map((i) => `  o${i}: { file: small, version: 1, code: none, channels: ${channels} }\n`);
  await sparse(join(folder, 'small'), 1e6);
  await using server = await serve(host, folder, objects.join(''));
  return await measure('serve, 100 channels at 10 kbit/s', server, seconds);
}

async function idleAgent(sender: Host, receiver: Host, folder: string, seconds: number): Promise<Footprint> {
  await sparse(join(folder, 'tiny'), 20_000);
  const channels = '[{ rate: 10kbit }]';
  const names = Array.from({ length: 100 }, (_, i) => `a${i}`);
  const fast = '[{ rate: 10Mbit }]';
  const objects = names.map((name, i) => {
    return `  ${name}: { file: tiny, version: 1, code: none, channels: ${i === 0 ? fast : channels} }\n`;
  });
  await using _server = await serve(sender, folder, objects.join(''));
  const config = join(folder, 'agent.yaml');
  const settings = { fleet: 'bench', key: 'layercast.pub', subscribe: [{ object: 'a0', output: 'a0.bin' }] };
  await writeFile(config, JSON.stringify(settings));
  const state = join(folder, 'agent');
  const args = ['agent', '--config', config, '--state', state, '--json'];
  await using agent = receiver.spawn(process.execPath, [commandLine, ...args], { env: await installed() });
  await agent.waitForEvent(({ event, state: is }) => event === 'state' && is === 'applied', { timeoutMs: 120_000 });
  // An agent idles for months. V8 collects twice when a program becomes quiet, the last time half a minute after the transfer.
  await wait(SETTLING_MS);
  return await measure('agent, idle, 100 objects announced', agent, Math.max(IDLE_SECONDS, seconds));
}

/** The environment of an installed agent: that of its unit, and the port that hosts of a bed have only in turn. */
async function installed(): Promise<Record<string, string>> {
  const unit = await readFile(new URL('../config/systemd/layercast-agent.service', import.meta.url), 'utf8');
  const settings = [...unit.matchAll(/^Environment=((?:NODE|MALLOC)_\w+)=(.*)$/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  return { ...Object.fromEntries(settings), LAYERCAST_NET: 'batch' };
}

async function transfer(
  sender: Host,
  receiver: Host,
  folder: string,
  { name, sizeBytes, megabitsPerSecond, code }: Transferred,
  seconds: number,
): Promise<readonly Footprint[]> {
  await sparse(join(folder, 'object'), sizeBytes);
  const channels = `[{ rate: ${megabitsPerSecond}Mbit }]`;
  const object = `  o: { file: object, version: ${Math.round(sizeBytes / 1e6)}, code: ${code}, channels: ${channels} }\n`;
  await using server = await serve(sender, folder, object);
  const key = join(folder, 'layercast.pub');
  const output = ['-o', join(folder, `received-${sizeBytes}`), '--state', join(folder, 'receiver')];
  await using fetch = receiver.layercast(['fetch', 'bench/o', '--key', key, ...output, '--json']);
  await fetch.waitForEvent('join', { timeoutMs: 60_000 });
  // A small object is complete earlier, so its figures are read when it is nearly complete.
  const lastsSeconds = (sizeBytes * 8) / (megabitsPerSecond * 1e6);
  const startSeconds = lastsSeconds > seconds + 2 * START_SECONDS ? START_SECONDS : 0;
  await wait(startSeconds * 1000);
  const forSeconds = Math.min(seconds, lastsSeconds - startSeconds - 0.3);
  const what = `${name} at ${megabitsPerSecond} Mbit/s`;
  const [serving, fetching] = await Promise.all([
    measure(`serve, ${what}`, server, forSeconds),
    measure(`fetch, ${what}`, fetch, forSeconds),
  ]);
  return [serving, fetching];
}

async function serve(host: Host, folder: string, objects: string): Promise<LabProcess> {
  const config = join(folder, 'fleet.yaml');
  await writeFile(config, `fleet: bench\nkey: layercast.key\nannounceInterval: 200ms\nobjects:\n${objects}`);
  const server = host.layercast(['serve', '--config', config, '--state', join(folder, 'state'), '--json']);
  await server.waitForEvent('publish', { timeoutMs: 600_000 });
  return server;
}

async function measure(what: string, measured: LabProcess, seconds: number): Promise<Footprint> {
  const before = await usageOf(measured);
  await wait(seconds * 1000);
  const after = await usageOf(measured);
  if (before === undefined || after === undefined) throw new Error(`${what}: ended too soon\n${measured.stderr}`);
  const corePercent = ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100;
  const { residentMegabytes, presentMegabytes } = after;
  return { what, corePercent, residentMegabytes, presentMegabytes };
}

async function sparse(path: string, sizeBytes: number): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(sizeBytes);
}
