import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LabProcess } from '../../test/lab/process.js';
import { lastUsageOf, usageOf } from '../process/usage.js';
import { type Measured, measured } from './measured.js';
import type { Stage } from './stage.js';

export interface Sending {
  readonly code: 'none' | 'raptorq';
  /** Of the one channel, in whole IPv6 packets. */
  readonly rateGigabits: number;
  /** As `symbolBytes` in fleet files. @default that of fleet files, for packets of 1280 bytes */
  readonly symbolBytes?: number | undefined;
  /** Hosts `r1`, `r2`, … that fetch at the same time. @default 1 */
  readonly receiverCount?: number;
  /** The port of both sides; as LAYERCAST_NET. @default chosen by layercast */
  readonly net?: 'batch' | 'dgram' | undefined;
  /** Options for Node itself. @default none */
  readonly nodeOptions?: { readonly server: readonly string[]; readonly receiver: readonly string[] };
}

const commandLine = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const WITHIN = { timeoutMs: 120_000 };

/** One transfer with the built command line: from each receiver's first join until its file is verified and has its name. */
export async function layercast(stage: Stage, what: string, sending: Sending): Promise<Measured> {
  const { bed, folder, sizeBytes } = stage;
  const { receiverCount = 1, net, nodeOptions = { server: [], receiver: [] } } = sending;
  const config = join(folder, 'fleet.yaml');
  await writeFile(config, fleetOf(sending));
  const env: Record<string, string> = net === undefined ? {} : { LAYERCAST_NET: net };
  const serving = ['serve', '--config', config, '--state', join(folder, 'state'), '--json'];
  await using server = bed
    .host('alpha')
    .spawn(process.execPath, [...nodeOptions.server, commandLine, ...serving], { env });
  await server.waitForEvent('publish', WITHIN);
  const names = Array.from({ length: receiverCount }, (_, i) => `r${i + 1}`);
  const key = ['--key', join(folder, 'layercast.pub'), '--timeout', '120', '--json'];
  const fetches = names.map((name) => {
    const place = ['-o', join(folder, name), '--state', join(folder, `state-${name}`)];
    const words = [...nodeOptions.receiver, commandLine, 'fetch', 'bench/file', ...place, ...key];
    return bed.host(name).spawn(process.execPath, words, { env });
  });
  try {
    await Promise.all(fetches.map((fetch) => fetch.waitForEvent('join', WITHIN)));
    const [before, sentBefore] = [await usageOf(server), await stage.sentBytes()];
    const done = await Promise.all(fetches.map((fetch) => follow(fetch)));
    const [after, sentAfter] = [await usageOf(server), await stage.sentBytes()];
    for (const name of names) await stage.accept(join(folder, name));
    return measured(what, {
      seconds: done.map(({ seconds }) => seconds),
      sizeBytes,
      sender: { before, after },
      receivers: done,
      passes: done[0]!.passes,
      sentBytes: sentAfter - sentBefore,
    });
  } finally {
    await Promise.all(fetches.map((fetch) => fetch[Symbol.asyncDispose]()));
    for (const name of names) await rm(join(folder, name), { force: true });
  }
}

async function follow(fetch: LabProcess) {
  const startedAt = performance.now();
  const before = await usageOf(fetch);
  const usage = lastUsageOf(fetch);
  const complete = await fetch.waitForEvent('complete', WITHIN);
  const seconds = (performance.now() - startedAt) / 1000;
  await fetch.exited;
  return { seconds, before, after: await usage.stop(), passes: Number(complete.overhead) + 1 };
}

function fleetOf({ code, rateGigabits, symbolBytes }: Sending): string {
  return [
    'fleet: bench',
    'key: layercast.key',
    'announceInterval: 100ms',
    ...(symbolBytes === undefined ? [] : [`symbolBytes: ${symbolBytes}`]),
    'objects:',
    '  file:',
    '    file: file',
    '    version: 1',
    `    code: ${code}`,
    `    channels: [{ rate: ${Math.round(rateGigabits * 1e6)}kbit }]`,
    '',
  ].join('\n');
}
