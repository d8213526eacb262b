import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { groupFor, lan, skipOrFail } from '../real-bed.js';

const program = fileURLToPath(new URL('end.mjs', import.meta.url));

function ends(way: string, isWorker: boolean) {
  const task = JSON.stringify({ way, isWorker, group: groupFor(4), interfaceName: lan?.name });
  const { status, signal, stdout } = spawnSync(process.execPath, [program, task], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, signal, lines: stdout.trim().split('\n').filter(Boolean) };
}

if (lan === undefined)
  skipOrFail('a thread with memberships that ends', 'needs Linux and an interface with an IPv6 address');
else {
  describe('a program with a membership in batches', () => {
    it.each([
      ['a handler throws', 'throw', 1, []],
      ['a handler calls process.exit', 'exit', 3, []],
      ['it leaves: nothing keeps it alive', 'leave', 0, []],
      ['it catches what a handler threw, and gets further batches', 'catch', 0, ['caught']],
    ])('ends as any program does when %s', (_, way, status, lines) => {
      expect(ends(way, false)).toEqual({ status, signal: null, lines });
    });
  });

  describe('a worker thread with a membership in batches', () => {
    it.each([
      ['is terminated while datagrams come: its sockets are closed', 'terminate', 0, ['sockets: 0']],
      ['throws in a handler', 'throw', 0, ['worker: thrown in a handler', 'worker ended with 1', 'sockets: 0']],
      ['calls process.exit in a handler', 'exit', 0, ['worker ended with 3', 'sockets: 0']],
      ['leaves: nothing keeps it alive', 'leave', 0, ['worker ended with 0', 'sockets: 0']],
      ['lives while the main thread calls process.exit', 'exit main', 4, []],
    ])('harms nobody when it %s', (_, way, status, lines) => {
      expect(ends(way, true)).toEqual({ status, signal: null, lines });
    });
  });
}
