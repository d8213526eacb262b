import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bed } from '../test/lab/bed.js';
import type { LabProcess } from '../test/lab/process.js';
import { median, table } from './table.js';

/** Bytes of a symbol, and of the packet around it. */
const SYMBOL_BYTES = 1184;
const PACKET_BYTES = 1280;

interface Point {
  readonly megabytes: number;
  readonly lossPercent: number;
  readonly serverCount: number;
  /** Rates of the channels, in Mbit/s. */
  readonly rates: readonly number[];
  readonly code: 'raptorq' | 'none';
}

interface Measured extends Point {
  /** Symbols received ÷ symbols of the object − 1, in per cent. */
  readonly overheadPercent: number;
  /** From the first join to the file in its place, ÷ size ÷ (payload rate · (1 − loss)). */
  readonly timeRatio: number;
}

const LADDER = [8, 4, 8, 12];

/**
 * Measures overhead and completion time of real transfers between hosts in namespaces: real sockets, random loss at the receiver's
 * interface, real disk. For losses at which both finish in reasonable time, it also runs the carousel without a code.
 *
 * Arguments: `--quick` for one run of each and no 100 MB; `--runs N` (3).
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: { quick: { type: 'boolean', default: false }, runs: { type: 'string', default: '3' } },
  });
  const runs = values.quick ? 1 : Number(values.runs);
  const points = pointsFor(values.quick);
  const folder = await mkdtemp(join(tmpdir(), 'layercast-overhead-'));
  try {
    await using bed = await Bed.lay({ hosts: ['alpha', 'beta', 'gamma', 'delta', 'r1'] });
    await bed.host('alpha').layercast(['keygen', '--out', folder]).exited;
    const measured: Measured[] = [];
    for (const [index, point] of points.entries()) {
      measured.push(await measurePoint(bed, join(folder, String(index)), folder, point, runs));
    }
    console.log(
      table(measured, [
        { title: 'MB', cell: ({ megabytes }) => megabytes },
        { title: 'servers', cell: ({ serverCount }) => serverCount },
        { title: 'channels, Mbit/s', cell: ({ rates }) => rates.join('+') },
        { title: 'loss %', cell: ({ lossPercent }) => lossPercent },
        { title: 'code', cell: ({ code }) => code },
        { title: 'overhead %', cell: ({ overheadPercent }) => overheadPercent },
        { title: 'time ÷ ideal', cell: ({ timeRatio }) => timeRatio },
      ]),
    );
    return { runs, points: measured };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function pointsFor(quick: boolean): readonly Point[] {
  const coded = { code: 'raptorq', serverCount: 1, rates: [32] } as const;
  const plain = { ...coded, code: 'none' } as const;
  const sizes = quick ? [1, 10] : [1, 10, 100];
  return [
    ...sizes.flatMap((megabytes) =>
      [0, 1, 5, 10, 20].map((lossPercent) => ({
        ...coded,
        rates: [megabytes < 100 ? 16 : 64],
        megabytes,
        lossPercent,
      })),
    ),
    ...[0, 5].map((lossPercent) => ({ ...plain, megabytes: 10, lossPercent })),
    ...[0, 5, 10].map((lossPercent) => ({ ...coded, rates: LADDER, megabytes: 10, lossPercent })),
    ...[0, 5].map((lossPercent) => ({ ...plain, rates: LADDER, megabytes: 10, lossPercent })),
    ...[2, 4].flatMap((serverCount) =>
      [0, 5].map((lossPercent) => ({ ...coded, rates: [8, 8], serverCount, megabytes: 10, lossPercent })),
    ),
  ];
}

async function measurePoint(bed: Bed, folder: string, keys: string, point: Point, runs: number): Promise<Measured> {
  await mkdir(folder);
  await writeFile(join(folder, 'object'), randomBytes(point.megabytes * 1e6));
  await writeFile(join(folder, 'fleet.yaml'), fleetFile(keys, point));
  const names = ['alpha', 'beta', 'gamma', 'delta'].slice(0, point.serverCount);
  const servers: LabProcess[] = [];
  try {
    for (const name of names) {
      const config = ['--config', join(folder, 'fleet.yaml'), '--host', name, '--state', join(keys, `state-${name}`)];
      const server = bed.host(name).layercast(['serve', ...config, '--json']);
      servers.push(server);
      await server.waitForEvent('publish', { timeoutMs: 120_000 });
    }
    await bed.host('r1').lose({ ratio: point.lossPercent / 100 });
    const results: { overhead: number; timeRatio: number }[] = [];
    for (let i = 0; i < runs; i++) results.push(await fetchOnce(bed, folder, keys, point));
    return {
      ...point,
      overheadPercent: 100 * median(results.map(({ overhead }) => overhead)),
      timeRatio: median(results.map(({ timeRatio }) => timeRatio)),
    };
  } finally {
    for (const server of servers) {
      server.kill('SIGTERM');
      await server.exited;
    }
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetchOnce(bed: Bed, folder: string, keys: string, point: Point) {
  const output = join(folder, 'received');
  const files = ['--key', join(keys, 'layercast.pub'), '-o', output, '--state', join(folder, 'receiver')];
  await using receiver = bed.host('r1').layercast(['fetch', 'bench/object', ...files, '--json']);
  await receiver.waitForEvent('join', { timeoutMs: 30_000 });
  const joinedAt = performance.now();
  const complete = await receiver.waitForEvent('complete', { timeoutMs: 300_000 });
  const seconds = (performance.now() - joinedAt) / 1000;
  if (!(await readFile(output)).equals(await readFile(join(folder, 'object')))) throw new Error('not the same file');
  await rm(output);
  const rate = point.rates.reduce((sum, one) => sum + one, 0) * 1e6 * point.serverCount;
  const payloadRate = (rate * SYMBOL_BYTES) / PACKET_BYTES;
  const ideal = (point.megabytes * 8e6) / (payloadRate * (1 - point.lossPercent / 100));
  return { overhead: Number(complete.overhead), timeRatio: seconds / ideal };
}

function fleetFile(keys: string, { rates, code, serverCount }: Point): string {
  const channels = rates.map((rate) => `{ rate: ${rate}Mbit }`).join(', ');
  const servers = ['alpha', 'beta', 'gamma', 'delta'].slice(0, serverCount).map((name) => `  ${name}: {}\n`);
  return [
    `fleet: bench\nkey: ${join(keys, 'layercast.key')}\nannounceInterval: 200ms\n`,
    `objects:\n  object: { file: object, version: 1, code: ${code}, channels: [${channels}] }\n`,
    `servers:\n${servers.join('')}`,
  ].join('');
}
