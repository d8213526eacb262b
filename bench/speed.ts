import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LayercastError } from '../dist/base/errors.js';
import { layercast } from './speed/layercast.js';
import { type Measured, middle } from './speed/measured.js';
import { losses, start } from './speed/other-rows.js';
import { speedPicture } from './speed/picture.js';
import { Stage } from './speed/stage.js';
import { udpcast } from './speed/udpcast.js';
import { uftp } from './speed/uftp.js';
import { type Column, table } from './table.js';

/** Rates to ask for, in Gbit/s: the best one depends on the machine. UFTP gets what it was given here, and less than it asks for. */
const RATES = { none: [3, 4, 5], raptorq: [1.5, 2, 2.5], uftp: [1.5] } as const;
/** The portable port at rates near to what it can do. */
const PORTABLE_RATES = { none: 0.8, raptorq: 0.6 } as const;
/** A file system in memory, so that not the disk is measured. */
const MEMORY = '/dev/shm';

const PICTURE = fileURLToPath(new URL('../docs/images/speed.svg', import.meta.url));

const SECTIONS = ['lossless', 'portable', 'receivers', 'losses', 'start'] as const;
type Section = (typeof SECTIONS)[number];

/** A way to transfer the file; sections run all of their ways in turn, again and again, so that all ways meet the same disturbances. */
interface Way {
  readonly what: string;
  readonly run: (what: string) => Promise<Measured>;
}

/**
 * Whole transfers with real processes on hosts around a bridge, until the file is verified and has its name, beside UFTP and udpcast.
 * Each figure is the median of the runs; ratios are to the first row of a table.
 *
 * Arguments: `--megabytes N` (1000), `--runs N` (5), `--only lossless,portable,receivers,losses,start`, `--dir DIR` for the files
 * (a file system in memory where there is one), `--none 3,4,5` and `--coded 1.5,2,2.5` (Gbit/s), `--symbol-bytes N` (a fleet file's own), `--draw` to write docs/images/speed.svg.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const settings = settingsOf(args);
  const { megabytes, runs, dir, only } = settings;
  const sizeBytes = megabytes * 1e6;
  const results: Record<string, unknown> = {};
  console.log(`${megabytes} MB in ${dir}, hosts around a bridge, one channel; medians of ${runs} runs\n`);
  if (only.includes('lossless') || only.includes('portable')) {
    await using stage = await Stage.set(1, sizeBytes, dir);
    for (const [peer, why] of Object.entries(stage.missing))
      if (why !== undefined) console.log(`without ${peer}: ${why}`);
    if (only.includes('lossless')) {
      const medians = await compare(runs, lossless(stage, settings));
      results.lossless = medians;
      if (settings.draws) await writeFile(PICTURE, speedPicture(`${megabytes} MB to one receiver, no losses`, medians));
    }
    if (only.includes('portable')) results.portable = await compare(runs, portable(stage));
  }
  if (only.includes('receivers')) {
    await using stage = await Stage.set(8, sizeBytes / 5, dir);
    results.receivers = [
      await compare(runs, crowd(stage, 'none')),
      await compare(runs, crowd(stage, 'raptorq')),
    ].flat();
  }
  if (only.includes('losses')) results.losses = await losses(runs, sizeBytes / 2, dir);
  if (only.includes('start')) results.start = await start(runs, dir);
  return { megabytes, runs, ...results };
}

function lossless(stage: Stage, { none, coded, symbolBytes }: Settings): readonly Way[] {
  const peers: Way[] = [];
  if (stage.missing.uftp === undefined) {
    for (const rate of RATES.uftp)
      peers.push({ what: `UFTP, ${rate} Gbit/s asked`, run: (what) => uftp(stage, what, rate) });
  }
  if (stage.missing.udpcast === undefined) peers.push({ what: 'udpcast', run: (what) => udpcast(stage, what) });
  const own = (code: 'none' | 'raptorq', rates: readonly number[]) =>
    rates.map((rateGigabits) => ({
      what: `layercast ${code}, ${rateGigabits} Gbit/s asked`,
      run: (what: string) => layercast(stage, what, { code, rateGigabits, symbolBytes }),
    }));
  return [...peers, ...own('none', none), ...own('raptorq', coded)];
}

function portable(stage: Stage): readonly Way[] {
  return (['none', 'raptorq'] as const).map((code) => {
    const rateGigabits = PORTABLE_RATES[code];
    const sending = { code, rateGigabits, net: 'dgram' } as const;
    return {
      what: `${code}, ${rateGigabits} Gbit/s asked, LAYERCAST_NET=dgram`,
      run: (what) => layercast(stage, what, sending),
    };
  });
}

/** The load of a server must not depend on the number of receivers. */
function crowd(stage: Stage, code: 'none' | 'raptorq'): readonly Way[] {
  return [1, 8].map((receiverCount) => ({
    what: `${code}, 200 Mbit/s, ${receiverCount} receivers`,
    run: (what) => layercast(stage, what, { code, rateGigabits: 0.2, receiverCount }),
  }));
}

async function compare(runs: number, ways: readonly Way[]): Promise<readonly Measured[]> {
  const results = new Map<string, Measured[]>(ways.map(({ what }) => [what, []]));
  for (let i = 0; i < runs; i++)
    for (const { what, run: transfer } of ways) results.get(what)!.push(await transfer(what));
  const medians = [...results.values()].map((each) => middle(each));
  console.log(`${table(medians, COLUMNS)}\n`);
  return medians;
}

const COLUMNS: readonly Column<Measured>[] = [
  { title: 'transfer', cell: ({ what }) => what },
  { title: 'Gbit/s', cell: ({ goodputGigabits }) => goodputGigabits, ratio: true },
  { title: 'slowest ÷ fastest', cell: ({ seconds, fastestSeconds }) => seconds / fastestSeconds },
  { title: 'sent ÷ size', cell: ({ sentRatio }) => sentRatio },
  { title: 'passes', cell: ({ passes }) => passes },
  { title: 'send s/GB', cell: ({ sendCpuSeconds }) => sendCpuSeconds, ratio: true },
  { title: 'receive s/GB', cell: ({ receiveCpuSeconds }) => receiveCpuSeconds, ratio: true },
  { title: 'send MB', cell: ({ sendMegabytes }) => sendMegabytes },
  { title: 'receive MB', cell: ({ receiveMegabytes }) => receiveMegabytes },
];

interface Settings {
  readonly megabytes: number;
  readonly runs: number;
  readonly dir: string;
  readonly only: readonly Section[];
  readonly none: readonly number[];
  readonly coded: readonly number[];
  readonly symbolBytes: number | undefined;
  readonly draws: boolean;
}

function settingsOf(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      megabytes: { type: 'string', default: '1000' },
      runs: { type: 'string', default: '5' },
      dir: { type: 'string', default: existsSync(MEMORY) ? MEMORY : tmpdir() },
      only: { type: 'string', default: SECTIONS.join(',') },
      none: { type: 'string', default: RATES.none.join(',') },
      coded: { type: 'string', default: RATES.raptorq.join(',') },
      'symbol-bytes': { type: 'string' },
      draw: { type: 'boolean', default: false },
    },
  });
  const [megabytes, runs] = [Number(values.megabytes), Number(values.runs)];
  if (!(megabytes > 0) || !(Number.isInteger(runs) && runs > 0)) {
    throw new LayercastError('USAGE', `${values.megabytes} MB and ${values.runs} runs are no load`);
  }
  const symbolBytes = values['symbol-bytes'] === undefined ? undefined : Number(values['symbol-bytes']);
  if (symbolBytes !== undefined && !(Number.isInteger(symbolBytes) && symbolBytes > 0)) {
    throw new LayercastError('USAGE', `--symbol-bytes ${values['symbol-bytes']} is no size`, { hint: 'such as 1404' });
  }
  const only = values.only.split(',').filter((name) => name !== '');
  const unknown = only.find((name) => !SECTIONS.some((section) => section === name));
  if (unknown !== undefined) {
    throw new LayercastError('USAGE', `no section is called "${unknown}"`, { hint: `one of: ${SECTIONS.join(', ')}` });
  }
  return {
    megabytes,
    runs,
    dir: values.dir,
    only: only as Section[],
    none: rates(values.none),
    coded: rates(values.coded),
    symbolBytes,
    draws: values.draw,
  };
}

function rates(list: string): readonly number[] {
  const parsed = list
    .split(',')
    .filter((item) => item !== '')
    .map(Number);
  const wrong = parsed.find((rate) => !(rate > 0));
  if (wrong !== undefined)
    throw new LayercastError('USAGE', `"${list}" is no list of rates in Gbit/s`, { hint: 'such as 1.5,2' });
  return parsed;
}
