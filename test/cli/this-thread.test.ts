import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ODD_WORKER } from '../work/odd-worker.js';

const module = new URL('../../dist/cli/this-thread.js', import.meta.url).href;
const threads = new URL('../../dist/work/thread.js', import.meta.url).href;
/** Objects that live for some collections, as those of a transfer do: V8 gives their young generation more memory with each. */
const MANY_OBJECTS = `
  const kept = [];
  for (let i = 0; i < 1e6; i++) kept[i % 100_000] = { i, list: [i] };
  const { getHeapSpaceStatistics } = await import('node:v8');
  console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size);`;

test('young objects get no more than the 4 MB of a thread, where V8 alone would take more', () => {
  const limited = `const { workHere } = await import('${module}'); workHere({});`;
  expect(youngBytesOf(limited + MANY_OBJECTS)).toBeLessThanOrEqual(4 << 20);
  expect(youngBytesOf(MANY_OBJECTS)).toBeGreaterThan(4 << 20);
});

test('young objects get no more after threads were started, which sets V8 back', () => {
  const start = `
    const { workHere } = await import('${module}');
    workHere({});
    const { Thread } = await import('${threads}');
    for (let i = 0; i < 3; i++) await new Thread(new URL('${ODD_WORKER.href}'), 'odd').call('echo', 1);`;
  expect(youngBytesOf(start + MANY_OBJECTS)).toBeLessThanOrEqual(4 << 20);
});

test('output to pipes keeps nobody waiting', () => {
  const script = `const { mayOutputBlock } = await import('${module}'); console.log(String(mayOutputBlock()));`;
  expect(outputOf(script)).toBe('false');
});

test('output to a file may keep its writer waiting, as a disk does that does not answer', () => {
  const script = `const { mayOutputBlock } = await import('${module}'); console.log(String(mayOutputBlock()));`;
  const folder = mkdtempSync(join(tmpdir(), 'layercast-log-'));
  const log = openSync(join(folder, 'log'), 'w');
  const argv = ['--input-type=module', '-e', script];
  const { stdout } = spawnSync(process.execPath, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  rmSync(folder, { recursive: true });
  expect(stdout.trim()).toBe('true');
});

test('output to a terminal may keep its writer waiting', () => {
  const script = `const { mayOutputBlock } = await import("${module}"); console.log(String(mayOutputBlock()));`;
  const command = `'${process.execPath}' --input-type=module -e '${script}'`;
  // `script` runs a command in a terminal of its own.
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', input: '' });
  expect(stdout.trim()).toBe('true');
});

function youngBytesOf(script: string): number {
  return Number(outputOf(script));
}

function outputOf(script: string): string {
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout.trim();
}
