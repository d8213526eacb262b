import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { helpOf, isBenchmark } from '../../bench/help.js';

const top = fileURLToPath(new URL('../..', import.meta.url));
const folder = new URL('../../bench/', import.meta.url);
const benchmarks = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => [file.slice(0, -3), readFileSync(new URL(file, folder), 'utf8')] as const)
  .filter(([, source]) => isBenchmark(source));

const bench = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'bench/main.ts', ...args], { cwd: top, encoding: 'utf8' });

describe('the command line of benchmarks', () => {
  test('lists files that export `run`, and no parts of them', () => {
    const { status, stdout } = bench();
    expect(status).toBe(0);
    expect(stdout.match(/^ {2}\S+$/gm)).toEqual(benchmarks.map(([name]) => `  ${name}`).sort());
    expect(stdout).not.toMatch(/^ {2}(bars|help|main|table)$/m);
  });

  test('answers --help with what is measured and the arguments, and runs nothing', () => {
    const { status, stdout, stderr } = bench('experiment', '--help');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^npm run bench -- experiment \[--json\] \[arguments\]\n\n/);
    expect(stdout).toContain('--topology');
  });

  test.each(benchmarks)('says of %s what it measures, within 80 columns', (_, source) => {
    const text = helpOf(source);
    expect(text).not.toMatch(/\/\*|^ ?\*|@param|@returns|`/m);
    expect(text.length).toBeGreaterThan(40);
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(80);
  });

  test('names the way to the arguments after an unknown one', () => {
    const { status, stderr } = bench('experiment', '--nothing');
    expect(status).toBe(2);
    expect(stderr).toContain('npm run bench -- experiment --help');
    expect(stderr).not.toContain('    at ');
  });

  test('says nothing when its reader has gone', () => {
    const command = '"$0" --import tsx bench/main.ts experiment --help | true';
    const { stderr } = spawnSync('sh', ['-c', command, process.execPath], { cwd: top, encoding: 'utf8' });
    expect(stderr).toBe('');
  });
});
