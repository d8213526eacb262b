import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LayercastError } from '../dist/errors.js';
import { Bed } from '../test/lab/bed.js';
import type { LabProcess } from '../test/lab/process.js';
import { bareLoop } from './bare/loop.js';
import { median, table } from './table.js';

const DATAGRAM_BYTES = 1232;
const SYMBOL_BYTES = 1184;
/** Between the bare loop's rate and this share of it, so that a receiver that needs a little longer is not overrun. */
const RATES = ['as fast as possible', '95 % of bare', '90 % of bare'] as const;

interface Measured {
  readonly how: string;
  readonly seconds: number;
  readonly datagramsPerSecond: number;
  readonly payloadMegabytesPerSecond: number;
  /** Datagrams received ÷ needed. */
  readonly passes: number;
  readonly serveRssMegabytes: number | undefined;
  readonly fetchRssMegabytes: number | undefined;
}

/**
 * A whole transfer with real processes over a cable between two hosts, one channel, until the file is verified and on disk,
 * beside the bare node:dgram loop with as many datagrams, in turn; medians of the runs.
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
      const bare = await bareLoop(bed, path, { way: 'connected', datagrams, sizeBytes: DATAGRAM_BYTES });
      results.push(ofBare(bare.seconds, datagrams, bare.lossRatio));
      const bareBits = (datagrams / bare.seconds) * (DATAGRAM_BYTES + 48) * 8;
      for (const [index, how] of RATES.entries()) {
        const rate = index === 0 ? 10e9 : bareBits * (1 - 0.05 * index);
        results.push(await transfer(bed, folder, cable, how, Math.round(rate), megabytes * 1e6));
      }
    }
    const names = ['bare loop', ...RATES];
    const medians = names.map((how) => middle(results.filter((result) => result.how === how)));
    console.log(`${megabytes} MB over a veth pair, one channel, verified and on disk; medians of ${runs} runs\n`);
    console.log(
      table(medians, [
        { title: 'transfer', cell: ({ how }) => how },
        { title: 'seconds', cell: ({ seconds }) => seconds },
        { title: 'MB/s', cell: ({ payloadMegabytesPerSecond }) => payloadMegabytesPerSecond, ratio: true },
        { title: 'passes', cell: ({ passes }) => passes },
        { title: 'serve MB', cell: ({ serveRssMegabytes }) => serveRssMegabytes },
        { title: 'fetch MB', cell: ({ fetchRssMegabytes }) => fetchRssMegabytes },
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
  const peak = watchRss(receiver);
  const complete = await receiver.waitForEvent('complete', { timeoutMs: 60_000 });
  const seconds = (performance.now() - joinedAt) / 1000;
  const [serveRssMegabytes, fetchRssMegabytes] = [await rssOf(server), await peak.stop()];
  if (!(await readFile(output)).equals(await readFile(join(folder, 'file')))) throw new Error('not the same file');
  await rm(output);
  const heard = Number(complete.datagrams);
  return {
    how,
    seconds,
    datagramsPerSecond: heard / seconds,
    payloadMegabytesPerSecond: sizeBytes / 1e6 / seconds,
    passes: Number(complete.overhead) + 1,
    serveRssMegabytes,
    fetchRssMegabytes,
  };
}

function ofBare(seconds: number, datagrams: number, lossRatio: number): Measured {
  return {
    how: 'bare loop',
    seconds,
    datagramsPerSecond: (datagrams * (1 - lossRatio)) / seconds,
    payloadMegabytesPerSecond: (datagrams * (1 - lossRatio) * SYMBOL_BYTES) / 1e6 / seconds,
    passes: 1 - lossRatio,
    serveRssMegabytes: undefined,
    fetchRssMegabytes: undefined,
  };
}

/** The highest resident size of a process, in MB: read while it lives, as it is gone when it ends. */
function watchRss(process: LabProcess): { readonly stop: () => Promise<number | undefined> } {
  let peak: number | undefined;
  const look = async () => {
    peak = (await rssOf(process)) ?? peak;
  };
  const timer = setInterval(look, 20);
  return {
    async stop() {
      clearInterval(timer);
      await look();
      return peak;
    },
  };
}

async function rssOf(process: LabProcess): Promise<number | undefined> {
  const status = await readFile(`/proc/${process.pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1000;
}

/** Every figure's own median. */
function middle(results: readonly Measured[]): Measured {
  const of = (figure: (result: Measured) => number | undefined) => {
    const known = results.map(figure).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : median(known);
  };
  return {
    how: results[0]!.how,
    seconds: of(({ seconds }) => seconds)!,
    datagramsPerSecond: of(({ datagramsPerSecond }) => datagramsPerSecond)!,
    payloadMegabytesPerSecond: of(({ payloadMegabytesPerSecond }) => payloadMegabytesPerSecond)!,
    passes: of(({ passes }) => passes)!,
    serveRssMegabytes: of(({ serveRssMegabytes }) => serveRssMegabytes),
    fetchRssMegabytes: of(({ fetchRssMegabytes }) => fetchRssMegabytes),
  };
}
