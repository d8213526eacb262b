import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runHere } from './run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'simulate-'));
writeFileSync(
  join(folder, 's.yaml'),
  'duration: 20s\nobject: { size: 1MB, ladder: { from: 500kbit, to: 4Mbit } }\n' +
    'links: { line: { rate: 3Mbit, loss: 1% } }\nreceivers: { box: { below: line } }\n',
);
const simulate = (...args: readonly string[]) => runHere(['simulate', 's.yaml', ...args], { cwd: folder });
const digestOf = (text: string) => /digest"?[ :]"?([0-9a-f]{16})/.exec(text)?.[1];

describe('layercast simulate', () => {
  it('prints a table, the same for the same seed', async () => {
    const { code, stdout, stderr } = await simulate();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^box +100% /m);
    expect(stdout).toMatch(/^line +\S+ Mbit\/s +3 Mbit\/s /m);
    expect(digestOf((await simulate('--seed', '1')).stdout)).toBe(digestOf(stdout));
    expect(digestOf((await simulate('--seed', '2')).stdout)).not.toBe(digestOf(stdout));
  });

  it('with --json prints events, each on a line, and the summary last', async () => {
    const { stdout } = await simulate('--json');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events[0].event).toBe('descriptor');
    expect(events.at(-1)).toMatchObject({ event: 'summary', seed: '1', receivers: [{ receiver: 'box' }] });
    expect(events.filter(({ event }) => event === 'progress').length).toBeGreaterThan(4);
    expect(events.find(({ event }) => event === 'join')).toMatchObject({ receiver: 'box', server: null });
  });

  it('with --svg draws what plot draws of --json, titled by the scenario', async () => {
    await simulate('--svg', 'one.svg');
    writeFileSync(join(folder, 'log.json'), (await simulate('--json')).stdout);
    await runHere(['plot', 'log.json', '-o', 'other.svg'], { cwd: folder });
    const [one, other] = ['one.svg', 'other.svg'].map((name) => readFileSync(join(folder, name), 'utf8'));
    const [title, otherTitle] = [one!, other!].map((svg) => /<title>([^<]*)/.exec(svg)![1]!);
    expect(title).toMatch(/^Simulation of .*\.yaml$/);
    expect(one!.replaceAll(title!, '')).toBe(other!.replaceAll(otherTitle!, ''));
  });

  it('says before it simulates that its picture cannot be written', async () => {
    const { code, stdout, stderr } = await simulate('--svg', 'absent/one.svg');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('cannot write "absent/one.svg": there is no such file or directory');
    mkdirSync(join(folder, 'taken.svg'));
    const taken = await simulate('--svg', 'taken.svg');
    expect([taken.code, taken.stdout]).toEqual([2, '']);
    expect(taken.stderr).toContain('cannot write "taken.svg"');
  });

  it('tells faults of the file, and what cannot be typed, with exit code 2', async () => {
    writeFileSync(join(folder, 'bad.yaml'), 'duration: 20\nreceivers: { box: { below: line } }\n');
    const bad = await runHere(['simulate', 'bad.yaml'], { cwd: folder });
    expect(bad.code).toBe(2);
    // Each fault has its line of the file below it.
    const faults = bad.stderr.split('\n').filter((line) => line.startsWith('bad.yaml:'));
    expect(faults.map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
      'bad.yaml:1:1: object',
      'bad.yaml:1:11: duration',
      'bad.yaml:2:28: receivers.box.below',
    ]);
    expect((await runHere(['simulate', 'none.yaml'], { cwd: folder })).code).toBe(2);
    expect((await simulate('--seed', 'x')).code).toBe(2);
  });

  it('ends at SIGINT with exit code 130', async () => {
    writeFileSync(
      join(folder, 'long.yaml'),
      'duration: 10h\nobject: { size: 500MB, channels: [{ rate: 50Mbit }] }\nreceivers: { box: { maxRate: 1Mbit } }\n',
    );
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const child = spawn(process.execPath, [main, 'simulate', 'long.yaml', '--json'], { cwd: folder });
    child.stdout.once('data', () => child.kill('SIGINT'));
    child.stdout.resume();
    onTestFinished(() => void child.kill('SIGKILL'));
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).toBe(130);
  }, 30_000);
});
