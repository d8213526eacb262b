// How a server's datagrams leave: the sizes of departures and the time between them, as the header's send times tell at a receiver.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DEFAULT_SYMBOL_BYTES } from '../dist/base/limits.js';
import { intervalUs } from '../dist/rate/ladder/ladder.js';
import { burstCount, DEFAULT_BURST_US } from '../dist/rate/ladder/pacer.js';
import { Flag, newHeader, readHeader } from '../dist/wire/header.js';
import { Serving } from './channels/serving.js';
import { table } from './table.js';

const GROUP = 'ff15::5eed';

interface Figures {
  readonly megabits: number;
  readonly clock: string;
  readonly sentMegabits: number;
  readonly cpuPercent: number;
  /** What the burst allows, and the most that left with one send time; trains left out. */
  readonly burst: number;
  readonly longest: number;
  readonly meanCount: number;
  /** The shortest time after a departure, as a multiple of its duration at the channel's rate: 0.5 while it catches up. */
  readonly leastGapRatio: number;
  /** How late a departure is against the rate, in ms: 99th percentile. */
  readonly lateMs: number;
}

/**
 * Sends one channel in a bed and captures what arrives. Arguments: `--megabits N,N` (10,100), `--clock precise,system`, `--seconds N` (4).
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      megabits: { type: 'string', default: '10,100' },
      clock: { type: 'string', default: 'precise,system' },
      seconds: { type: 'string', default: '4' },
    },
  });
  await using serving = await Serving.set('departures');
  const figures: Figures[] = [];
  for (const megabits of values.megabits.split(',').map(Number)) {
    const channels = `[{ rate: ${megabits}Mbit, group: "${GROUP}" }]`;
    await serving.writeFleet(`objects:\n  o: { file: object, version: 1, code: none, channels: ${channels} }\n`);
    for (const clock of values.clock.split(',')) {
      figures.push(await measure(serving, megabits, clock, Number(values.seconds)));
    }
  }
  console.log(
    table(figures, [
      { title: 'Mbit/s', cell: ({ megabits }) => megabits },
      { title: 'clock', cell: ({ clock }) => clock },
      { title: 'sent', cell: ({ sentMegabits }) => sentMegabits },
      { title: 'CPU, %', cell: ({ cpuPercent }) => cpuPercent },
      { title: 'burst', cell: ({ burst }) => burst },
      { title: 'longest', cell: ({ longest }) => longest },
      { title: 'mean', cell: ({ meanCount }) => meanCount },
      { title: 'shortest gap ÷ duration', cell: ({ leastGapRatio }) => leastGapRatio },
      { title: 'late, ms (p99)', cell: ({ lateMs }) => lateMs },
    ]),
  );
  return { figures };
}

async function measure(serving: Serving, megabits: number, clock: string, seconds: number): Promise<Figures> {
  const capture = join(serving.folder, 'capture');
  const filter = ['udp', 'and', 'dst', 'host', GROUP];
  const options = ['-i', 'eth0', '-s', '120', '-B', '65536', '-w', capture];
  // The server's own interface, so that no join is needed.
  await using tcpdump = serving.bed.host('alpha').spawn('tcpdump', ['-Z', 'root', ...options, ...filter]);
  await wait(1000);
  const measured = await serving.measure(clock, seconds);
  await wait(500);
  tcpdump.kill();
  await tcpdump.exited;
  const interval = intervalUs(megabits * 1e6, DEFAULT_SYMBOL_BYTES);
  const all = departuresOf(await readFile(capture)).filter(({ isTrain }) => !isTrain);
  // The first two seconds are those in which the server starts.
  const departures = all.filter(({ atUs }) => atUs - all[0]!.atUs > 2e6);
  const beganUs = departures[0]!.atUs;
  let sent = 0;
  const lateUs = departures.map(({ atUs, count }) => {
    const late = atUs - beganUs - sent * interval;
    sent += count;
    return late;
  });
  const leastUs = Math.min(...lateUs);
  const gaps = departures
    .slice(1)
    .map(({ atUs }, index) => (atUs - departures[index]!.atUs) / (departures[index]!.count * interval));
  const counts = departures.map(({ count }) => count);
  const { elapsedUs, cpuUs } = measured as unknown as { readonly elapsedUs: number; readonly cpuUs: number };
  const lasted = departures.at(-1)!.atUs - beganUs;
  return {
    megabits,
    clock,
    sentMegabits: (((sent - counts.at(-1)!) * interval) / lasted) * megabits,
    cpuPercent: (cpuUs / elapsedUs) * 100,
    burst: burstCount(DEFAULT_BURST_US, interval),
    longest: Math.max(...counts),
    meanCount: sent / counts.length,
    leastGapRatio: Math.min(...gaps),
    lateMs: lateUs.toSorted((a, b) => a - b)[Math.floor(lateUs.length * 0.99)]! / 1000 - leastUs / 1000,
  };
}

interface Departure {
  readonly atUs: number;
  readonly isTrain: boolean;
  count: number;
}

/** The datagrams of a capture (pcap, little-endian, Ethernet), joined by their send times. */
function departuresOf(pcap: Buffer): readonly Departure[] {
  const departures: Departure[] = [];
  const header = newHeader();
  for (let at = 24; at + 16 <= pcap.length; ) {
    const capturedBytes = pcap.readUInt32LE(at + 8);
    const wireBytes = pcap.readUInt32LE(at + 12);
    const start = at + 16 + 14 + 48;
    at += 16 + capturedBytes;
    const datagram = pcap.subarray(start, at);
    if (readHeader(datagram, 0, wireBytes - 62, header) !== undefined) continue;
    const isTrain = (header.flags & Flag.train) !== 0;
    const last = departures.at(-1);
    if (last !== undefined && last.atUs === header.sendTimeUs && last.isTrain === isTrain) last.count++;
    else departures.push({ atUs: header.sendTimeUs, isTrain, count: 1 });
  }
  return departures;
}
