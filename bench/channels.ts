// What a server costs with many channels: processor time for each datagram, the worst error of a rate, and memory.
import { parseArgs } from 'node:util';
import { DEFAULT_SYMBOL_BYTES, MAX_CHANNELS } from '../dist/base/limits.js';
import { intervalUs } from '../dist/rate/ladder/ladder.js';
import { Serving } from './channels/serving.js';
import { table } from './table.js';

/** The fastest channel has this many times the rate of the slowest. */
const SPREAD = 1000;

interface Figures {
  readonly channels: number;
  readonly clock: string;
  readonly megabits: number;
  readonly cpuUsPerDatagram: number;
  readonly cpuPercent: number;
  /** Datagrams more or less than the rate says, beyond the one that is on its way, as a share; of the worst channel. */
  readonly worstErrorPercent: number;
  readonly peakMegabytes: number;
}

/**
 * Runs a server of 1, 10, 100 and 1000 channels with the same sum of rates, in a host of a bed. Rates are log-uniform over a factor of
 * 1000. Nobody listens, so only sending is measured.
 *
 * Arguments: `--megabits N` in all (60), `--channels N,N` (1,10,100,1000), `--clock precise,system`, `--seconds N` (8), `--burst TIME`,
 * `--code none|raptorq`.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      megabits: { type: 'string', default: '60' },
      channels: { type: 'string', default: '1,10,100,1000' },
      clock: { type: 'string', default: 'precise' },
      seconds: { type: 'string', default: '8' },
      burst: { type: 'string', default: '1ms' },
      code: { type: 'string', default: 'none' },
    },
  });
  await using serving = await Serving.set('channels');
  const figures: Figures[] = [];
  for (const count of values.channels.split(',').map(Number)) {
    const rates = ratesOf(count, Number(values.megabits) * 1e6);
    await serving.writeFleet(settingsOf(rates, values.burst, values.code));
    for (const clock of values.clock.split(',')) {
      figures.push(await measure(serving, rates, clock, Number(values.seconds)));
    }
  }
  console.log(
    table(figures, [
      { title: 'channels', cell: ({ channels }) => channels },
      { title: 'clock', cell: ({ clock }) => clock },
      { title: 'Mbit/s', cell: ({ megabits }) => megabits },
      { title: 'CPU, µs a datagram', cell: ({ cpuUsPerDatagram }) => cpuUsPerDatagram },
      { title: 'CPU, %', cell: ({ cpuPercent }) => cpuPercent },
      { title: 'worst error of a rate, %', cell: ({ worstErrorPercent }) => worstErrorPercent },
      { title: 'peak RSS, MB', cell: ({ peakMegabytes }) => peakMegabytes },
    ]),
  );
  return { figures };
}

/** Log-uniform rates with this sum. */
function ratesOf(count: number, sumBitsPerSecond: number): readonly number[] {
  const shares = Array.from({ length: count }, (_, i) => SPREAD ** (count === 1 ? 0 : i / (count - 1)));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => Math.max(1000, Math.round((share / sum) * sumBitsPerSecond)));
}

function settingsOf(rates: readonly number[], burst: string, code: string): string {
  const objects = Array.from({ length: Math.ceil(rates.length / MAX_CHANNELS) }, (_, index) => {
    const own = rates.slice(index * MAX_CHANNELS, (index + 1) * MAX_CHANNELS);
    const channels = own.map((rate) => `{ rate: ${rate}bit }`).join(', ');
    return `  o${index}: { file: object, version: 1, code: ${code}, channels: [${channels}] }\n`;
  });
  return `burst: ${burst}\nobjects:\n${objects.join('')}`;
}

async function measure(serving: Serving, rates: readonly number[], clock: string, seconds: number): Promise<Figures> {
  const measured = await serving.measure(clock, seconds);
  const { elapsedUs, cpuUs, counts, peakMegabytes } = measured as unknown as {
    readonly elapsedUs: number;
    readonly cpuUs: number;
    readonly counts: readonly number[];
    readonly peakMegabytes: number;
  };
  const errors = rates.map((rate, index) => {
    const expected = elapsedUs / intervalUs(rate, DEFAULT_SYMBOL_BYTES);
    return Math.max(0, Math.abs(counts[index]! - expected) - 1) / expected;
  });
  const datagrams = counts.reduce((sum, count) => sum + count, 0);
  return {
    channels: rates.length,
    clock,
    megabits: (datagrams * 1280 * 8) / elapsedUs,
    cpuUsPerDatagram: cpuUs / datagrams,
    cpuPercent: (cpuUs / elapsedUs) * 100,
    worstErrorPercent: Math.max(...errors) * 100,
    peakMegabytes,
  };
}
