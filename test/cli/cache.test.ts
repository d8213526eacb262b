import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerLock } from '../../dist/publish/server-lock.js';
import { STATE_PARTS } from '../../dist/store/state-parts.js';
import { runHere } from './run-cli.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'layercast-cache-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cache = (...args: string[]) => runHere(['cache', ...args, '--state', join(folder, 'state')], { cwd: folder });

describe('cache', () => {
  it('shows what is kept, removes what is made again, and waits for servers to end', async () => {
    const empty = await cache('show');
    expect([empty.code, empty.stdout]).toEqual([0, `${folder}/state\n  nothing\n`]);
    for (const part of ['digests', 'completed']) {
      mkdirSync(join(folder, 'state', part), { recursive: true });
      writeFileSync(join(folder, 'state', part, 'a'), 'a'.repeat(4096));
    }
    const shown = await cache('show', '--json');
    expect(JSON.parse(shown.stdout)).toEqual({
      stateDir: `${folder}/state`,
      parts: [
        { part: 'digests', fileCount: 1, bytes: 4096, isRemade: true },
        { part: 'completed', fileCount: 1, bytes: 4096, isRemade: false },
      ],
    });
    for (const part of Object.keys(STATE_PARTS)) {
      mkdirSync(join(folder, 'whole', part), { recursive: true });
      writeFileSync(join(folder, 'whole', part, 'a'), 'a'.repeat(400_123));
    }
    const whole = (await runHere(['cache', 'show', '--state', 'whole'], { cwd: folder })).stdout.split('\n');
    expect(whole.filter((line) => line.length > 80)).toEqual([]);
    expect(whole.at(-2)).toBe('  * made again when needed');
    const lock = new ServerLock(join(folder, 'state'));
    await lock.take('acme', 'alpha', {});
    const refused = await cache('clean');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`process ${process.pid} of host`)]);
    await lock.release();
    const young = await cache('clean', '--unused-for', '1h', '--json');
    expect(JSON.parse(young.stdout).removed[0]).toMatchObject({ part: 'digests', fileCount: 0 });
    const cleaned = await cache('clean');
    expect([cleaned.code, cleaned.stdout]).toEqual([
      0,
      expect.stringMatching(/state, removed\n.*\n {2}digests \* +1 +4\.1 kB/),
    ]);
    expect((await cache('show')).stdout).not.toContain('digests');
    expect((await cache('clean')).stdout).toMatch(/state, removed\n {2}nothing\n$/);
    const wrong = await cache('clean', '--unused-for', 'long');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--unused-for: not usable, found "long"')]);
  });
});
