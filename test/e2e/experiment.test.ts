import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cellOf } from '../../bench/experiment/cells.js';
import { play } from '../../bench/experiment/play.js';
import { clientsOf } from '../../bench/experiment/topology.js';
import { describeBed } from '../lab/allowed.js';
import { hasTool } from '../lab/machine.js';
import { until } from '../lab/until.js';

if (!hasTool('smcrouted')) {
  describe.skip('a cell with a router (skipped: this machine has no smcrouted; apt-get install smcroute)', () =>
    test('-'));
} else {
  describeBed('a cell with a router', () => {
    test('brings the file to every client, and over the link that they share fewer times than there are clients', async () => {
      const cell = cellOf('two-lans/immediate/equal/layercast/4/2MB');
      const { signal } = new AbortController();
      const playing = { run: 1, linkBitsPerSecond: 20e6, graceSeconds: 90, dir: tmpdir(), logs: undefined, signal };
      const { ends, links, serverBytes } = await play(cell, playing);
      expect(ends).toEqual(Array(4).fill('complete'));
      const received = clientsOf(4).map((client) => links[client]!.down);
      expect(Math.min(...received)).toBeGreaterThan(2e6);
      const shared = links['router1-0']!.down;
      expect(shared).toBeLessThan(0.75 * received.reduce((sum, bytes) => sum + bytes, 0));
      expect(serverBytes).toBeGreaterThan(2e6);
    }, 120_000);
  });
}

describeBed('a cell that is interrupted', () => {
  test.each([
    ['while its clients load their code', 'client.mjs'],
    ['while its server gets ready', 'serve'],
  ])(
    'leaves no process and no file: %s',
    async (_, program) => {
      const dir = mkdtempSync(join(tmpdir(), 'layercast-interrupted-'));
      try {
        const interruption = new AbortController();
        const { signal } = interruption;
        const cell = cellOf('lan/immediate/equal/layercast/2/2MB');
        const playing = play(cell, { run: 1, linkBitsPerSecond: 5e6, graceSeconds: 90, dir, logs: undefined, signal });
        playing.catch(() => undefined);
        await until(`${program} runs`, async () => commandsWith(dir).some((command) => command.includes(program)));
        interruption.abort(new Error('interrupted'));
        await expect(playing).rejects.toThrow('interrupted');
        await until('no process is left', async () => commandsWith(dir).length === 0);
        expect(readdirSync(dir)).toEqual([]);
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    },
    60_000,
  );
});

/** Command lines of processes of this machine that name a folder. */
function commandsWith(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'latin1')];
      } catch {
        return []; // it has ended
      }
    })
    .filter((command) => command.includes(folder));
}
