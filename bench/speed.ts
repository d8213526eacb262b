import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LayercastError } from '../dist/base/errors.js';
import { Bed } from '../test/lab/bed.js';
import { type BareResult, bareLoop } from './bare/loop.js';
import { lastUsageOf, type Usage, usageOf } from './process/usage.js';
import { median, table } from './table.js';

const DATAGRAM_BYTES = 1232;
const SYMBOL_BYTES = 1184;
/** How a transfer is paced: not at all, or at a share of the bare loop's rate, so that the receiver keeps up. */
const PACES = [
  { how: 'as fast as possible', share: undefined },
  { how: 'at 98 % of bare', share: 0.98 },
  { how: 'at 95 % of bare', share: 0.95 },
] as const;

interface Measured {
  readonly how: string;
  readonly seconds: number;
  readonly payloadMegabytesPerSecond: number;
  /** Datagrams received ÷ needed. */
  readonly passes: number;
  /** Processor time of all threads, for each datagram received. */
  readonly sendCpuUs: number | undefined;
  readonly receiveCpuUs: number | undefined;
  readonly serveMegabytes: number | undefined;
  readonly fetchMegabytes: number | undefined;
}

/**
 * Measures a whole transfer with real processes over a cable between two hosts, one channel, until the file is verified and on disk.
 * The bare node:dgram loop with as many datagrams runs alternately, to compare with. Figures are medians of the runs.
 *
 * Arguments: `--megabytes N` (200), `--runs N` (3), `--dir DIR` for the files (the system's for temporary ones).
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      megabytes: { type: 'string', default: '200' },
      runs: { type: 'string', default: '3' },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const [megabytes, runs] = [Number(values.megabytes), Number(values.runs)];
  if (!(megabytes > 0) || !(Number.isInteger(runs) && runs > 0)) {
    throw new LayercastError('USAGE', `${values.megabytes} MB and ${values.runs} runs are no load`);
  }
  const folder = await mkdtemp(join(values.dir, 'layercast-speed-'));
  try {
    await using bed = await Bed.lay({ hosts: ['alpha', 'r1'] });
    const cable = await bed.cable('alpha', 'r1');
    const datagrams = Math.ceil((megabytes * 1e6) / SYMBOL_BYTES);
    await writeFile(join(folder, 'file'), randomBytes(megabytes * 1e6));
    await bed.host('alpha').layercast(['keygen', '--out', folder]).exited;
    const results: Measured[] = [];
    for (let i = 0; i < runs; i++) {
      const path = { from: 'alpha', to: 'r1', interface: cable };
      const bare = await bareLoop(bed, path, { way: 'unconnected', datagrams, sizeBytes: DATAGRAM_BYTES });
      const connected = await bareLoop(bed, path, { way: 'connected', datagrams, sizeBytes: DATAGRAM_BYTES });
      results.push(ofBare('bare loop', bare), ofBare('bare loop, connected', connected));
      const bareBits = (datagrams / bare.seconds) * (DATAGRAM_BYTES + 48) * 8;
      for (const { how, share } of PACES) {
        const rate = share === undefined ? 10e9 : bareBits * share;
        results.push(await transfer(bed, folder, cable, how, Math.round(rate), megabytes * 1e6));
      }
    }
    const medians = [...new Set(results.map(({ how }) => how))].map((how) =>
      middle(results.filter((result) => result.how === how)),
    );
    console.log(`${megabytes} MB over a veth pair, one channel, verified and on disk; medians of ${runs} runs\n`);
    console.log(
      table(medians, [
        { title: 'transfer', cell: ({ how }) => how },
        { title: 'seconds', cell: ({ seconds }) => seconds },
        { title: 'MB/s', cell: ({ payloadMegabytesPerSecond }) => payloadMegabytesPerSecond, ratio: true },
        { title: 'passes', cell: ({ passes }) => passes },
        { title: 'send µs', cell: ({ sendCpuUs }) => sendCpuUs },
        { title: 'receive µs', cell: ({ receiveCpuUs }) => receiveCpuUs },
        { title: 'serve MB', cell: ({ serveMegabytes }) => serveMegabytes },
        { title: 'fetch MB', cell: ({ fetchMegabytes }) => fetchMegabytes },
      ]),
    );
    return { megabytes, runs, results: medians };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function transfer(
  bed: Bed,
  folder: string,
  cable: string,
  how: string,
  rateBitsPerSecond: number,
  sizeBytes: number,
): Promise<Measured> {
  const config = join(folder, 'fleet.yaml');
  await writeFile(
    config,
    `fleet: bench\nkey: layercast.key\nannounceInterval: 100ms\nobjects:\n  file:\n    file: file\n    version: 1\n    code: none\n    channels: [{ rate: ${rateBitsPerSecond / 1e3}kbit }]\n`,
  );
  const common = ['--interface', cable, '--state', join(folder, 'state'), '--json'];
  await using server = bed.host('alpha').layercast(['serve', '--config', config, ...common]);
  await server.waitForEvent('publish', { timeoutMs: 60_000 });
  const output = join(folder, 'received');
  const fetchArgs = ['fetch', 'bench/file', '--key', join(folder, 'layercast.pub'), '-o', output, '--timeout', '60'];
  await using receiver = bed.host('r1').layercast([...fetchArgs, ...common]);
  await receiver.waitForEvent('join');
  const joinedAt = performance.now();
  const [servingBefore, receivingBefore] = await Promise.all([usageOf(server), usageOf(receiver)]);
  const receiving = lastUsageOf(receiver);
  const complete = await receiver.waitForEvent('complete', { timeoutMs: 60_000 });
  const seconds = (performance.now() - joinedAt) / 1000;
  const [servingAfter, receivingAfter] = await Promise.all([usageOf(server), receiving.stop()]);
  if (!(await readFile(output)).equals(await readFile(join(folder, 'file')))) throw new Error('not the same file');
  await rm(output);
  const heard = Number(complete.datagrams);
  const cpuUs = (before: Usage | undefined, after: Usage | undefined) =>
    before && after && ((after.cpuSeconds - before.cpuSeconds) * 1e6) / heard;
  return {
    how,
    seconds,
    payloadMegabytesPerSecond: sizeBytes / 1e6 / seconds,
    passes: Number(complete.overhead) + 1,
    sendCpuUs: cpuUs(servingBefore, servingAfter),
    receiveCpuUs: cpuUs(receivingBefore, receivingAfter),
    serveMegabytes: servingAfter?.residentMegabytes,
    fetchMegabytes: receivingAfter?.residentMegabytes,
  };
}

function ofBare(how: string, { seconds, datagrams, lossRatio, sendCpuUs, receiveCpuUs }: BareResult): Measured {
  return {
    how,
    seconds,
    payloadMegabytesPerSecond: (datagrams * (1 - lossRatio) * SYMBOL_BYTES) / 1e6 / seconds,
    passes: 1 - lossRatio,
    sendCpuUs,
    receiveCpuUs,
    serveMegabytes: undefined,
    fetchMegabytes: undefined,
  };
}

/** The median of each figure. */
function middle(results: readonly Measured[]): Measured {
  const of = (figure: (result: Measured) => number | undefined) => {
    const known = results.map(figure).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : median(known);
  };
  return {
    how: results[0]!.how,
    seconds: of(({ seconds }) => seconds)!,
    payloadMegabytesPerSecond: of(({ payloadMegabytesPerSecond }) => payloadMegabytesPerSecond)!,
    passes: of(({ passes }) => passes)!,
    sendCpuUs: of(({ sendCpuUs }) => sendCpuUs),
    receiveCpuUs: of(({ receiveCpuUs }) => receiveCpuUs),
    serveMegabytes: of(({ serveMegabytes }) => serveMegabytes),
    fetchMegabytes: of(({ fetchMegabytes }) => fetchMegabytes),
  };
}
