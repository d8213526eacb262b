import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { LayercastError } from '../dist/base/errors.js';
import { SimulatedDisk } from '../dist/simulate/disk/simulated-disk.js';
import {
  bufferContent,
  SimulatedReceiver,
  SimulatedServer,
  simulatedKeys,
  simulatedObject,
  VirtualNetwork,
} from '../dist/simulate/index.js';
import type { CrowdFigures } from './simulate/crowd.js';
import { table } from './table.js';

interface Scenario {
  readonly receiverCount: number;
  readonly bottleneckCount: number;
  readonly rateBitsPerSecond: number;
}

const scenarios: readonly Scenario[] = [
  { receiverCount: 1, bottleneckCount: 1, rateBitsPerSecond: 10e6 },
  { receiverCount: 100, bottleneckCount: 10, rateBitsPerSecond: 1e6 },
  { receiverCount: 1000, bottleneckCount: 10, rateBitsPerSecond: 1e6 },
];

/** Larger than what arrives in the time simulated, so that nobody finishes. */
const OBJECT_BYTES = 10e6;

/**
 * How fast simulated time passes: one server, four layers, bottlenecks with 10 % more than their sum, 10 ms and 1 % loss.
 * Processor time beside wall-clock time, because other programs slow the one less than the other. Then a crowd, each run in a
 * process of its own, twice: its digest has to be the same.
 *
 * Arguments: `--seconds N` to simulate (5); `--crowd N` receivers of the crowd (10,000; 0 for none), `--links N` that they are
 * behind (100), `--crowd-seconds N` (60).
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '5' },
      crowd: { type: 'string', default: '10000' },
      links: { type: 'string', default: '100' },
      'crowd-seconds': { type: 'string', default: '60' },
    },
  });
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new LayercastError('USAGE', `${values.seconds} seconds are no time`, { hint: 'above 0' });
  const results = [];
  for (const scenario of scenarios) results.push({ ...scenario, ...(await simulate(scenario, seconds)) });
  console.log(
    table(results, [
      { title: 'receivers', cell: ({ receiverCount }) => receiverCount },
      { title: 'bottlenecks', cell: ({ bottleneckCount }) => bottleneckCount },
      { title: 'Mbit/s each', cell: ({ rateBitsPerSecond }) => rateBitsPerSecond / 1e6 },
      { title: 'simulated s / real s', cell: ({ wallS }) => seconds / wallS },
      { title: 'simulated s / CPU s', cell: ({ cpuS }) => seconds / cpuS },
      { title: 'datagrams handled', cell: ({ datagramCount }) => datagramCount },
      { title: 'CPU µs each', cell: ({ cpuS, datagramCount }) => (cpuS * 1e6) / datagramCount },
      { title: 'events', cell: ({ digest }) => digest },
    ]),
  );
  const crowd =
    Number(values.crowd) > 0 ? await crowdFigures(values.crowd, values.links, values['crowd-seconds']) : undefined;
  return { seconds, results, crowd };
}

const CROWD = fileURLToPath(new URL('./simulate/crowd.ts', import.meta.url));

async function crowdFigures(...args: readonly string[]) {
  const measured: CrowdFigures[] = [];
  for (let i = 0; i < 2; i++) {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', CROWD, ...args]);
    measured.push(JSON.parse(stdout) as CrowdFigures);
  }
  const isSame = measured.every(({ digest }) => digest === measured[0]!.digest);
  console.log(
    table(measured, [
      { title: 'crowd', cell: ({ receiverCount }) => receiverCount },
      { title: 'links', cell: ({ linkCount }) => linkCount },
      { title: 'simulated s', cell: ({ simulatedS }) => simulatedS },
      { title: 'real s', cell: ({ wallS }) => wallS },
      { title: 'CPU s', cell: ({ cpuS }) => cpuS },
      { title: 'peak MB', cell: ({ residentMegabytes }) => residentMegabytes },
      { title: 'datagrams on links', cell: ({ datagramCount }) => datagramCount },
      { title: 'events', cell: ({ digest }) => digest },
    ]),
  );
  if (!isSame) throw new LayercastError('INTERNAL', 'the same seed did not do the same');
  return { runs: measured, isSame };
}

async function simulate({ receiverCount, bottleneckCount, rateBitsPerSecond }: Scenario, seconds: number) {
  const network = new VirtualNetwork('bench');
  const keys = simulatedKeys(network.prng.fork('keys'));
  const content = bufferContent(network.prng.fork('content').fill(new Uint8Array(OBJECT_BYTES)));
  const channels = [0, 1, 2, 3].map((i) => ({ rateBitsPerSecond: rateBitsPerSecond / 4, startRatio: i / 4 }));
  const object = simulatedObject({ content, channels }, keys.privateKey);
  for (let i = 0; i < bottleneckCount; i++) {
    const down = { rateBitsPerSecond: 1.1 * rateBitsPerSecond, delayUs: 10_000, loss: 0.01 };
    network.addLink({ name: `bottleneck ${i}`, down });
  }
  const host = network.addHost({ name: 'server', address: 'fd00::1' });
  await new SimulatedServer({ host, serverIndex: 0, prng: network.prng.fork('sequences') }).publish(object);
  const receivers = Array.from({ length: receiverCount }, (_, i) => {
    const below = `bottleneck ${i % bottleneckCount}`;
    const place = network.addHost({ name: `receiver ${i}`, address: `fd00:1::${i.toString(16)}`, below });
    const disk = new SimulatedDisk({ clock: network.clock, content });
    return new SimulatedReceiver({ host: place, disk, publicKey: keys.publicKey });
  });
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  await network.clock.run(seconds * 1e6);
  const { user, system } = process.cpuUsage(startCpu);
  return {
    wallS: (performance.now() - startMs) / 1e3,
    cpuS: (user + system) / 1e6,
    datagramCount: receivers.reduce((sum, receiver) => sum + (receiver.stats()?.datagrams ?? 0), 0),
    digest: network.log.digest(),
  };
}
