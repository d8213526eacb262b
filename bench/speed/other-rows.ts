import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LabProcess } from '../../test/lab/process.js';
import { median, table } from '../table.js';
import { layercast } from './layercast.js';
import { type Measured, middle } from './measured.js';
import { Stage } from './stage.js';

const run = promisify(execFile);
const commandLine = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A coded file at 1 Gbit/s with random losses. Batches are split into datagrams on the way, so that single datagrams are lost. */
export async function losses(runs: number, sizeBytes: number, dir: string): Promise<readonly Measured[]> {
  await using stage = await Stage.set(1, sizeBytes, dir);
  await stage.bed.host('alpha').run('ethtool', ['-K', 'eth0', 'tx-udp-segmentation', 'off']);
  const r1 = stage.bed.host('r1');
  const results: Measured[] = [];
  for (let i = 0; i < runs; i++) {
    for (const ratio of [0, 0.01, 0.05]) {
      await r1.lose({ ratio });
      results.push(await layercast(stage, `${ratio * 100} % lost`, { code: 'raptorq', rateGigabits: 1 }));
    }
  }
  const names = [...new Set(results.map(({ what }) => what))];
  const medians = names.map((name) => middle(results.filter(({ what }) => what === name)));
  console.log('raptorq, 1 Gbit/s asked, batches split into datagrams\n');
  console.log(
    `${table(medians, [
      { title: 'losses', cell: ({ what }) => what },
      { title: 'seconds', cell: ({ seconds }) => seconds, ratio: true },
      { title: 'passes', cell: ({ passes }) => passes },
      { title: 'receive s/GB', cell: ({ receiveCpuSeconds }) => receiveCpuSeconds },
    ])}\n`,
  );
  return medians;
}

interface Started {
  readonly what: string;
  readonly ms: number;
}

/** How long programs take to start: Node alone, the help text, and `fetch` until its first join while descriptors can be heard. */
export async function start(runs: number, dir: string): Promise<readonly Started[]> {
  await using stage = await Stage.set(1, 1e6, dir);
  const { bed, folder } = stage;
  const config = join(folder, 'fleet.yaml');
  await writeFile(
    config,
    'fleet: bench\nkey: layercast.key\nannounceInterval: 100ms\nobjects:\n  file: { file: file, version: 1, channels: [{ rate: 1Mbit }] }\n',
  );
  await using server = bed.host('alpha').layercast(['serve', '--config', config, '--state', folder, '--json']);
  await server.waitForEvent('publish');
  const times: Started[] = [];
  const took = async (what: string, action: () => Promise<unknown>) => {
    const startedAt = performance.now();
    await action();
    times.push({ what, ms: performance.now() - startedAt });
  };
  // A disturbance of some ms matters here, and a run takes only half a second.
  for (let i = 0; i < 3 * runs; i++) {
    await took('node -e 0', () => run(process.execPath, ['-e', '0']));
    await took('layercast --help', () => run(process.execPath, [commandLine, '--help']));
    const place = ['-o', join(folder, `r${i}`), '--state', join(folder, `state-${i}`), '--json'];
    let fetching: LabProcess | undefined;
    await took('layercast fetch, until it joins', async () => {
      fetching = bed.host('r1').layercast(['fetch', 'bench/file', '--key', join(folder, 'layercast.pub'), ...place]);
      await fetching.waitForEvent('join');
    });
    await fetching?.[Symbol.asyncDispose]();
  }
  const names = [...new Set(times.map(({ what }) => what))];
  const medians = names.map((name) => ({
    what: name,
    ms: median(times.filter(({ what }) => what === name).map(({ ms }) => ms)),
  }));
  console.log(
    `${table(medians, [
      { title: 'start', cell: ({ what }) => what },
      { title: 'ms', cell: ({ ms }) => ms, ratio: true },
    ])}\n`,
  );
  return medians;
}
