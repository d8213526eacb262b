import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LayercastError } from '../dist/base/errors.js';
import { Bed } from '../test/lab/bed.js';
import { median, table } from './table.js';

/** Payload of a datagram on an IPv6 path of 1280 bytes: 1280 − 40 − 8. */
const DATAGRAM_BYTES = 1232;
const BATCH_COUNTS = [1, 8, 44];
const ENDS = { send: endFile('send.mjs'), receive: endFile('receive.mjs') };

interface Way {
  readonly port: 'dgram' | 'batch';
  readonly batchCount: number;
  readonly isTimed: boolean;
}

interface Figures extends Way {
  readonly sendUs: number;
  readonly receiveUs: number;
  readonly perBatch: number;
  readonly lossRatio: number;
  readonly idleRatio: number;
}

/**
 * Measures the processor time of both ports for a datagram, from one process to another over a cable between two hosts. The ports take
 * turns, and each figure is the median of the runs; ratios are to the portable port with the same batches.
 *
 * Arguments: `--rate N` datagrams a second (20000), `--seconds N` of each run (1), `--runs N` (3).
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { rate, seconds, runs } = settings(args);
  await using bed = await Bed.lay({ hosts: ['alpha', 'r1'] });
  const interfaceName = await bed.cable('alpha', 'r1');
  const results = [];
  for (const batchCount of BATCH_COUNTS) {
    const ways: readonly Way[] = [
      { port: 'dgram', batchCount, isTimed: false },
      { port: 'batch', batchCount, isTimed: true },
      { port: 'batch', batchCount, isTimed: false },
    ];
    const figures: Figures[][] = ways.map(() => []);
    for (let i = 0; i < runs; i++) {
      for (const [k, way] of ways.entries()) {
        figures[k]?.push(await measure(bed, interfaceName, way, { rate, seconds }));
      }
    }
    const rows = figures.map(middle);
    console.log(`\n${rate} datagrams of ${DATAGRAM_BYTES} bytes a second, ${batchCount} in a batch to send\n`);
    console.log(
      table(rows, [
        { title: 'port', cell: ({ port, isTimed }) => `${port}${isTimed ? ', timed' : ''}` },
        { title: 'send µs', cell: ({ sendUs }) => sendUs, ratio: true },
        { title: 'receive µs', cell: ({ receiveUs }) => receiveUs, ratio: true },
        { title: 'datagrams a batch', cell: ({ perBatch }) => perBatch },
        { title: 'lost %', cell: ({ lossRatio }) => lossRatio * 100 },
        { title: 'idle, % of a core', cell: ({ idleRatio }) => idleRatio * 100 },
      ]),
    );
    results.push(...rows);
  }
  return { rate, seconds, runs, results };
}

async function measure(
  bed: Bed,
  interfaceName: string,
  way: Way,
  load: { readonly rate: number; readonly seconds: number },
): Promise<Figures> {
  const { port, batchCount, isTimed } = way;
  const at = { interfaceName, group: 'ff15::ba5e' };
  const env = { LAYERCAST_NET: port };
  const joining = JSON.stringify({ ...at, isTimed, idleMs: 500 });
  await using receiver = bed.host('r1').spawn(process.execPath, [ENDS.receive, joining], { env });
  const joined = await receiver.waitForEvent('joined');
  const task = { datagramBytes: DATAGRAM_BYTES, batchCount, datagramsPerSecond: load.rate, seconds: load.seconds };
  const sending = JSON.stringify({ ...at, ...task });
  await using sender = bed.host('alpha').spawn(process.execPath, [ENDS.send, sending], { env });
  const sent = await sender.waitForEvent('sent', { timeoutMs: 120_000 });
  const received = await receiver.waitForEvent('received', { timeoutMs: 120_000 });
  const [sentCount, receivedCount] = [Number(sent.count), Number(received.count)];
  return {
    ...way,
    sendUs: Number(sent.cpuUs) / sentCount,
    receiveUs: Number(received.cpuUs) / receivedCount,
    perBatch: receivedCount / Number(received.batchCount),
    lossRatio: 1 - receivedCount / sentCount,
    idleRatio: Number(joined.idleRatio),
  };
}

function settings(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    rate: { ...text, default: '20000' },
    seconds: { ...text, default: '1' },
    runs: { ...text, default: '3' },
  };
  const { values } = parseArgs({ args: [...args], options });
  const [rate, seconds, runs] = [Number(values.rate), Number(values.seconds), Number(values.runs)];
  if (!(rate > 0 && seconds > 0 && Number.isInteger(runs) && runs > 0)) {
    throw new LayercastError(
      'USAGE',
      `rate ${values.rate}, seconds ${values.seconds}, runs ${values.runs} are no load`,
      {
        hint: 'all above 0, runs whole',
      },
    );
  }
  return { rate, seconds, runs };
}

/** The median of each figure. */
function middle(all: readonly Figures[]): Figures {
  const of = (figure: (one: Figures) => number) => median(all.map(figure));
  return {
    ...(all[0] as Figures),
    sendUs: of(({ sendUs }) => sendUs),
    receiveUs: of(({ receiveUs }) => receiveUs),
    perBatch: of(({ perBatch }) => perBatch),
    lossRatio: of(({ lossRatio }) => lossRatio),
    idleRatio: of(({ idleRatio }) => idleRatio),
  };
}

function endFile(name: string): string {
  return fileURLToPath(new URL(`ports/${name}`, import.meta.url));
}
