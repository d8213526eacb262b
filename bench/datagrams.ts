import { parseArgs } from 'node:util';
import { LayercastError } from '../dist/base/errors.js';
import { Bed } from '../test/lab/bed.js';
import { type BareResult, type BareWay, bareLoop } from './bare/loop.js';
import { median, table } from './table.js';

/** Payload of a datagram on an IPv6 path of 1280 bytes: 1280 − 40 − 8. */
const sizeBytes = 1232;
const ways: readonly BareWay[] = ['unconnected', 'connected'];

/**
 * Measures the bare node:dgram loop between two processes on one cable, alternately with and without a connected socket. Each figure is
 * the median of the runs.
 *
 * Arguments: `--megabytes N` for each run (200), `--runs N` (3).
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { megabytes, runs } = settings(args);
  const datagrams = Math.ceil((megabytes * 1e6) / sizeBytes);
  await using bed = await Bed.lay({ hosts: ['alpha', 'r1'] });
  const path = { from: 'alpha', to: 'r1', interface: await bed.cable('alpha', 'r1') };
  const results: BareResult[] = [];
  for (let i = 0; i < runs; i++) {
    for (const way of ways) results.push(await bareLoop(bed, path, { way, datagrams, sizeBytes }));
  }
  const medians = ways.map((way) => middle(results.filter((result) => result.way === way)));
  console.log(
    `node:dgram over a veth pair, ${megabytes} MB in datagrams of ${sizeBytes} bytes, median of ${runs} runs\n`,
  );
  console.log(
    table(medians, [
      { title: 'socket', cell: ({ way }) => way },
      { title: 'datagrams/s', cell: ({ datagramsPerSecond }) => Math.round(datagramsPerSecond), ratio: true },
      { title: 'Mbit/s', cell: ({ payloadBitsPerSecond }) => Math.round(payloadBitsPerSecond / 1e6) },
      { title: 'lost %', cell: ({ lossRatio }) => lossRatio * 100 },
      { title: 'send µs', cell: ({ sendCpuUs }) => sendCpuUs, ratio: true },
      { title: 'receive µs', cell: ({ receiveCpuUs }) => receiveCpuUs, ratio: true },
    ]),
  );
  return { megabytes, runs, results: medians };
}

function settings(args: readonly string[]): { readonly megabytes: number; readonly runs: number } {
  const { values } = parseArgs({
    args: [...args],
    options: { megabytes: { type: 'string', default: '200' }, runs: { type: 'string', default: '3' } },
  });
  const [megabytes, runs] = [Number(values.megabytes), Number(values.runs)];
  if (!(megabytes > 0) || !(Number.isInteger(runs) && runs > 0)) {
    throw new LayercastError('USAGE', `${values.megabytes} MB and ${values.runs} runs are no load`, {
      hint: 'both above 0, runs whole',
    });
  }
  return { megabytes, runs };
}

/** The median of each figure. */
function middle(results: readonly BareResult[]): BareResult {
  const of = (figure: (result: BareResult) => number) => median(results.map(figure));
  const first = results[0] as BareResult;
  return {
    ...first,
    seconds: of(({ seconds }) => seconds),
    datagramsPerSecond: of(({ datagramsPerSecond }) => datagramsPerSecond),
    payloadBitsPerSecond: of(({ payloadBitsPerSecond }) => payloadBitsPerSecond),
    lossRatio: of(({ lossRatio }) => lossRatio),
    sendCpuUs: of(({ sendCpuUs }) => sendCpuUs),
    receiveCpuUs: of(({ receiveCpuUs }) => receiveCpuUs),
  };
}
