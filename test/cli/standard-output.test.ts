import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, runHere } from './run-cli.js';

const PICTURE = /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg".*<\/svg>\n$/s;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'layercast-stdout-'));
  writeFileSync(join(folder, 'file.bin'), Buffer.alloc(100_000));
  writeFileSync(
    join(folder, 'fleet.yaml'),
    'fleet: acme\nobjects:\n  a: { file: file.bin, version: 1, code: none, channels: [{ rate: 1Mbit, offset: 0% }] }\n',
  );
  writeFileSync(
    join(folder, 's.yaml'),
    'duration: 5s\nobject: { size: 100kB, channels: [{ rate: 1Mbit }] }\nreceivers: { box: {} }\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a picture on standard output', () => {
  it.each([
    ['plan', 'fleet.yaml', /^fleet acme: /m],
    ['simulate', 's.yaml', /^box +100% /m],
  ])('of %s is all that is there, and what people read is on standard error', async (command, file, told) => {
    const { code, stdout, stderr } = await runCli([command, file, '--svg', '-'], { cwd: folder });
    expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(PICTURE), expect.stringMatching(told)]);
    const json = await runCli([command, file, '--svg', '-', '--json'], { cwd: folder });
    expect(json.stdout).toMatch(PICTURE);
    for (const line of json.stderr.trimEnd().split('\n')) expect(JSON.parse(line)).toBeTypeOf('object');
    expect(existsSync(join(folder, '-'))).toBe(false);
  });

  it('is not begun by a command that fails, and the error is on standard error', async () => {
    const { code, stdout, stderr } = await runCli(['plan', 'none.yaml', '--svg', '-', '--json'], { cwd: folder });
    expect([code, stdout]).toEqual([2, '']);
    expect(JSON.parse(stderr)).toMatchObject({ event: 'error', code: 'FILE_NOT_FOUND' });
  });
});

it('the result of a simulation is there although its picture cannot be written', async () => {
  symlinkSync('/dev/full', join(folder, 'full.svg'));
  const { code, stdout, stderr } = await runHere(['simulate', 's.yaml', '--svg', 'full.svg'], { cwd: folder });
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^box +100% /m)]);
  expect(stderr).toContain('cannot write "full.svg"');
});

it.each([
  ['agent', 'agent.yaml', '--status', '-'],
  ['agent', 'agent.yaml', '--state', '-'],
  ['keygen', '--out', '-'],
  ['sign', '--key', 'layercast.key', '--out', '-'],
  ['sign', '--key', 'layercast.key', '--out', 'records', '--digests', '-'],
  ['publish', '--state', '-'],
  ['root', 'add', 'a.pub', '--root', '-'],
  ['verify', 'a.record', '--key', '-'],
  ['cache', 'clean', '--state', '-'],
])('- is refused where nothing is written to standard output, case %# (%s)', async (...args) => {
  const { code, stdout, stderr } = await runHere(args, { cwd: folder });
  const flag = args[args.lastIndexOf('-') - 1];
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toBe(
    `layercast: ${flag} cannot be standard input or output: found -\n  Name a file or a folder; ./- is one called "-"\n`,
  );
  expect(existsSync(join(folder, '-'))).toBe(false);
});

it('a content key on standard output is all that is there', async () => {
  const { code, stdout, stderr } = await runCli(['keygen', '--content', '-'], { cwd: folder });
  expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/^[\w+/=-]{40,}\n$/), '']);
  expect(existsSync(join(folder, '-'))).toBe(false);
});
