import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { cellOf } from '../../bench/experiment/cells.js';
import { play } from '../../bench/experiment/play.js';
import { clientsOf } from '../../bench/experiment/topology.js';
import { describeBed } from '../lab/allowed.js';
import { hasTool } from '../lab/machine.js';

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
