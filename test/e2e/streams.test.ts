import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent, LabProcess } from '../lab/process.js';
import { Scene } from './scene.js';

const commandLine = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const sizeBytes = 2_000_000;

describeBed('an object that is written to standard output', () => {
  let scene: Scene;
  let content: Buffer;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
    content = scene.random('noise', sizeBytes);
    const channels = [{ rate: '16Mbit' }];
    const objects = { noise: { file: 'noise', code: 'raptorq', channels } };
    await scene.serve('alpha', scene.fleet({ fleet: 'pipes', objects, blockSymbols: 256 }));
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  /** Runs a script on r1 whose arguments are `fetch -o -`. */
  function run(script: string, ...more: readonly string[]): LabProcess {
    const args = ['fetch', 'pipes/noise', '--key', scene.publicKey, '-o', '-', '--json', ...more];
    return scene.bed.host('r1').spawn('bash', ['-c', script, 'bash', process.execPath, commandLine, ...args]);
  }

  /** Runs `fetch -o -` in a pipe to `reader`; the exit code is that of fetch. */
  const pipe = (reader: string) => run(`"$@" | ${reader}; exit \${PIPESTATUS[0]}`, '--state', scene.path('st'));

  const eventsIn = (text: string): LabEvent[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LabEvent);

  test('ends with an error when its reader closes it; the next run begins at the first byte and receives only the rest', async () => {
    const closed = pipe(`head -c 300000 > ${scene.path('head')}`);
    expect((await closed.exited).code).toBe(1);
    expect(eventsIn(closed.stderr).at(-1)).toMatchObject({ event: 'error', code: 'OUTPUT_CLOSED' });
    expect(readFileSync(scene.path('head')).equals(content.subarray(0, 300_000))).toBe(true);
    expect(readdirSync(join(scene.path('st'), 'streams')).some((name) => name.endsWith('.part'))).toBe(true);

    const whole = pipe(`cat > ${scene.path('whole')}`);
    expect((await whole.exited).code).toBe(0);
    expect(readFileSync(scene.path('whole')).equals(content)).toBe(true);
    const complete = eventsIn(whole.stderr).at(-1)!;
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(complete).toMatchObject({ event: 'complete', sha256, bytes: sizeBytes });
    expect(complete).not.toHaveProperty('path');
    expect(Number(complete.resumedBytes)).toBeGreaterThan(0);
    expect(readdirSync(join(scene.path('st'), 'streams')).filter((name) => !name.endsWith('.lock'))).toEqual([]);
  });

  test('waits for a reader that reads nothing, and ends at once on a signal', async () => {
    const [fifo, pid] = [scene.path('fifo'), scene.path('pid')];
    const script = `mkfifo ${fifo}; sleep 100 < ${fifo} & "$@" > ${fifo} & echo $! > ${pid}; wait $!; code=$?; kill %1; exit $code`;
    const stalled = run(script, '--state', scene.path('slow'));
    await hears(stalled, '"event":"leave"');
    await scene.bed.host('r1').run('kill', ['-TERM', readFileSync(pid, 'utf8').trim()]);
    expect((await stalled.exited).code).toBe(143);
  });
});

describeBed('an object that comes from a pipe', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('is sent when the pipe has ended, beside others that wait for nothing, and stays after SIGHUP', async () => {
    const content = scene.random('noise', 300_000);
    const channels = [{ rate: '8Mbit' }];
    const objects = { piped: { file: '-', channels }, plain: { file: 'noise', channels } };
    const config = scene.fleet({ fleet: 'pipes', objects });
    const [fifo, pid] = [scene.path('input'), scene.path('server')];
    // Who ends the script ends the server, which holds the script's output open.
    const script = `mkfifo ${fifo}; "$@" < ${fifo} & trap "kill $!" TERM; echo $! > ${pid}; exec 3> ${fifo}; until [ -e ${scene.path('go')} ]; do sleep 0.05; done; cat ${scene.path('noise')} >&3; exec 3>&-; wait; wait`;
    const serve = ['serve', '--config', config, '--json', '--state', scene.path('state')];
    const server = scene.bed
      .host('alpha')
      .spawn('bash', ['-c', script, 'bash', process.execPath, commandLine, ...serve]);
    await server.waitForEvent(({ event, object }) => event === 'publish' && object === 'plain', { timeoutMs: 30_000 });
    expect(server.stdout).not.toContain('"object":"piped"');
    writeFileSync(scene.path('go'), '');
    await server.waitForEvent(({ event, object }) => event === 'publish' && object === 'piped', { timeoutMs: 30_000 });
    await scene.bed.host('alpha').run('kill', ['-HUP', readFileSync(pid, 'utf8').trim()]);
    await scene.fetched('r1', 'pipes/piped', 'copy');
    expect(readFileSync(scene.path('copy')).equals(content)).toBe(true);
    expect(server.stdout).not.toMatch(/"event":"(withdraw|refuse|reloadFailed)"/);
  });
});

/** Resolves when the process has printed `text` on standard error. */
async function hears(process: LabProcess, text: string): Promise<void> {
  while (!process.stderr.includes(text)) await new Promise((resolve) => setTimeout(resolve, 20));
}
