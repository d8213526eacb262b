import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { until } from '../lab/until.js';
import { Scene } from './scene.js';

const commandLine = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** What the keys Ctrl-S and Ctrl-Q send to a terminal. */
const [HOLD, GO_ON] = ['\x13', '\x11'];

describeBed('a terminal that its user holds', () => {
  let scene: Scene;
  let content: Buffer;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
    content = scene.random('image', 2_000_000);
    await scene.serve(
      'alpha',
      scene.fleet({ fleet: 'held', objects: { image: { file: 'image', channels: [{ rate: '6Mbit' }] } } }),
    );
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('does not hold up a fetch, which gets its file meanwhile and ends when the terminal goes on', async () => {
    const [keys, target] = [scene.path('keys-of-terminal'), scene.path('got')];
    execFileSync('mkfifo', [keys]);
    const words = [process.execPath, commandLine, 'fetch', 'held/image', '--key', scene.publicKey, '-o', target];
    // `script` runs a command in a terminal of its own, and types what comes to its standard input.
    const typing = 'exec 3<> "$1"; exec script -qefc "$2" /dev/null <&3';
    const fetch = scene.bed.host('r1').spawn('bash', ['-c', typing, 'bash', keys, words.join(' ')]);
    await until('the fetch shows something', async () => fetch.stdout.includes('version 1'));
    appendFileSync(keys, HOLD);
    await until('the file is there', async () => existsSync(target));
    expect(readFileSync(target).equals(content)).toBe(true);
    expect(fetch.stdout).not.toContain('complete and verified');
    appendFileSync(keys, GO_ON);
    expect((await fetch.exited).code).toBe(0);
    expect(fetch.stdout).toContain('complete and verified');
  });
});
