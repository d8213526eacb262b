import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { describeBed } from './allowed.js';
import { parseAssignment, parseBytes, parseMs, parseRate, parseRatio } from './amounts.js';
import { environment } from './machine.js';
import { parseLink } from './parse-link.js';
import { programOf } from './program-of.js';
import { until } from './until.js';

const top = fileURLToPath(new URL('../..', import.meta.url));
const source = new URL('main.ts', import.meta.url);
const program = await programOf(source);
const runtime = mkdtempSync(join(tmpdir(), 'layercast-lab-'));
afterAll(() => rmSync(runtime, { recursive: true }));

describeBed('a link that is tried by hand', () => {
  test('shows what the receiver and the link do, and that the bytes are the same', { timeout: 120_000 }, () => {
    const { status, stdout } = lab(...'link tbf --rate 8Mbit --seconds 0.3 --leave fast'.split(' '));
    expect(stdout).toMatch(/ join 0: the lowest level first/);
    expect(stdout).toMatch(
      / s, \d+\.\d+ of the ideal time; the link dropped \d+\.\d % of its packets; the bytes are the same\n$/,
    );
    expect(status).toBe(0);
  });
});

describeBed('a link that is tried by hand and interrupted', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'leaves no file and no host after %s',
    { timeout: 60_000 },
    async (signal) => {
      const folder = mkdtempSync(join(runtime, 'interrupted-'));
      const args = 'link fqCodel --rate 1Mbit --seconds 60'.split(' ');
      const child = spawn(process.execPath, [program, ...args], { cwd: top, env: environment({ TMPDIR: folder }) });
      const ended = once(child, 'exit');
      await Promise.race([once(child.stdout, 'data'), ended]);
      expect(readdirSync(folder)).not.toEqual([]);
      child.kill(signal);
      expect(await ended).toEqual([130, null]);
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});

describeBed('a bed by hand', () => {
  test('lies from `up` to `down`, with hosts to enter, to shape and to look at', () => {
    expect(lab('exec', 'r1', 'true')).toMatchObject({ status: 1, stderr: 'no bed lies here; npm run lab -- up\n' });
    const laid = lab('up', '--hosts', 'alpha,r1', '--rate', 'r1=2Mbit', '--loss', 'r1=5%');
    try {
      expect(laid).toMatchObject({ status: 0, stdout: expect.stringMatching(/^alpha +fd00:1::1 .*\nr1 +fd00:1::2 /) });
      expect(lab('up').stderr).toBe('a bed lies here already; npm run lab -- down\n');
      expect(lab('exec', 'r1', 'sh', '-c', 'ip -6 -br addr show dev eth0; exit 9')).toMatchObject({
        status: 9,
        stdout: expect.stringContaining('fd00:1::2/64'),
      });
      expect(lab('exec', 'r7', 'true')).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('one of: alpha, r1'),
      });
      expect(lab('show').stdout).toMatch(/r1 fd00:1::2\n {2}link: \d+ packets passed, 0 dropped/);
      expect(lab('rate', 'r1=none').status).toBe(0);
      expect(lab('show').stdout).not.toContain('link:');
    } finally {
      expect(lab('down').status).toBe(0);
    }
    expect(lab('show')).toMatchObject({ status: 1, stdout: '' });
  });
});

describeBed('a bed by hand whose laying is interrupted', () => {
  test('is taken away, because no command would find it', { timeout: 30_000 }, async () => {
    const folder = mkdtempSync(join(runtime, 'laying-'));
    const hosts = Array.from({ length: 12 }, (_, index) => `r${index}`).join(',');
    const laying = environment({ XDG_RUNTIME_DIR: folder });
    const child = spawn(process.execPath, [program, 'up', '--hosts', hosts], {
      cwd: top,
      env: laying,
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await until('the bed is begun', async () => anchorsOf(folder).length > 0);
    child.kill('SIGTERM');
    const [code] = await ended;
    if (code === 0) spawnSync(process.execPath, [program, 'down'], { cwd: top, env: laying });
    else expect(code).toBe(130);
    await until('no bed is left', async () => anchorsOf(folder).length === 0);
  });

  /** Processes that keep the beds of commands with this folder for records. */
  function anchorsOf(folder: string): readonly string[] {
    return readdirSync('/proc').filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        const [command, environ] = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'latin1'));
        return command!.startsWith('sleep\0infinity') && environ!.includes(folder);
      } catch {
        return false; // it has ended, or is another user's
      }
    });
  }
});

describe('the lab command line', () => {
  test('refuses wrong use, also when it starts from its sources as npm run lab starts it', () => {
    const refused = (shown: string) => ({ status: 2, stderr: expect.stringContaining(shown) });
    expect(lab('up', '--mtu', '576')).toMatchObject(refused('MTU 576'));
    expect(start('--import', 'tsx', fileURLToPath(source), 'sideways')).toMatchObject(refused('"sideways"'));
    expect(lab('toString')).toMatchObject(refused('no command "toString"'));
  });

  test.each([['up'], ['link', 'tbf'], ['show']])('explains itself after %s, too', (...args) => {
    expect(lab(...args, '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('npm run lab -- up') });
  });

  test.each([
    [['rope'], 'no kind of link is called "rope"'],
    [['trace'], 'no trace is named'],
    [['tbf', '--burst', '16k'], '"16k" is no size'],
    [[], 'no kind of link is called ""'],
    [['toString'], 'no kind of link is called "toString"'],
    [['tbf', '5Mbit'], '"5Mbit" is no setting of a link'],
    [['tbf', '--loss', '5%'], 'a link of kind tbf has no --loss'],
    [['fqCodel', '--burst', '16kB'], 'a link of kind fqCodel has no --burst'],
    [['trace', '--trace', 'x', '--rate', '1Mbit'], 'a link of kind trace has no --rate'],
    [['trace', '--trace', 'no/such'], 'cannot read "no/such": there is no such file or directory'],
    [['trace', '--trace', '.'], 'cannot read ".": it is a directory'],
    [['trace', '--trace', 'package.json'], 'package.json: line 1: found "{"'],
    [['serial', '--rate', '0Mbit'], '"0Mbit" is no rate'],
    [['serial', '--rate', '999Gbit'], '"999Gbit" is no rate'],
    [['serial', '--rate', '8bit'], 'a rate of 8 bit/s is too low for a trial'],
    [['serial', '--rate', '10Gbit', '--seconds', '300'], '300 s at 10000 Mbit/s are an object of 375000 MB'],
    [['policer', '--burst', '0B'], '--burst 0B is smaller than a packet'],
    [['beacons', '--period', '0ms'], '--period 0ms is out of bounds'],
    [['fqCodel', '--target', '0ms'], '--target 0ms is out of bounds'],
    [['fqCodel', '--loss', '90%', '--loss-burst', '2'], '--loss 90% is too much for bursts of 2'],
    [['fqCodel', '--loss-burst', 'x'], '--loss-burst x is no number of packets'],
    [['serial', '--seconds', '0'], '--seconds 0 is no length of a trial'],
    [['serial', '--leave', 'never'], '--leave never is neither slow nor fast'],
  ])('refuses the link %j', (args, shown) => {
    expect(() => parseLink(args)).toThrow(shown);
  });

  test('reads links of the kernel and of the relay', () => {
    const tbf = { kind: 'tbf', rateBitsPerSecond: 2e6, burstBytes: 64_000, queueMs: 50 };
    expect(parseLink(['tbf', '--rate', '2Mbit', '--burst', '64kB', '--queue', '50ms'])).toEqual({
      link: tbf,
      rateBitsPerSecond: 2e6,
      leave: 'slow',
      seconds: 20,
    });
    expect(
      parseLink(['beacons', '--rate', '6Mbit', '--period', '0.3072s', '--loss', '1%', '--queue', '1s']).link,
    ).toEqual({
      kind: 'relay',
      service: { kind: 'beacons', rateBitsPerSecond: 6e6, periodMs: 307.2 },
      queueBytes: 750_000,
      loss: { ratio: 0.01, burstPackets: 1 },
      delayMs: 0,
    });
    const short = parseLink(['bursts', '--rate', '1Mbit', '--queue', '1ms']).link;
    expect(short).toMatchObject({ queueBytes: 1500 });
    expect([parseBytes('2B'), parseBytes('0.5MB'), parseMs('10ms'), parseMs('2s')]).toEqual([2, 5e5, 10, 2000]);
    for (const amount of ['2', '-1ms', 'ms']) expect(() => parseMs(amount)).toThrow(`"${amount}" is no time`);
  });

  test('reads rates and shares with their units, and refuses others', () => {
    expect(['64kbit', '2.5Mbit', '1Gbit', '800bit'].map(parseRate)).toEqual([64e3, 2.5e6, 1e9, 800]);
    expect(['0%', '5%', '0.1%', '100%'].map(parseRatio)).toEqual([0, 0.05, 0.001, 1]);
    expect(parseAssignment('r1=5%')).toEqual(['r1', '5%']);
    for (const rate of ['2', '2mbit', '-1Mbit', 'Mbit', ''])
      expect(() => parseRate(rate)).toThrow(`"${rate}" is no rate`);
    for (const ratio of ['5', '101%', '-1%', '%']) expect(() => parseRatio(ratio)).toThrow(`"${ratio}" is no share`);
    for (const text of ['r1', '=5%', 'r1=', 'r1=1=2']) expect(() => parseAssignment(text)).toThrow(`"${text}"`);
  });
});

function lab(...args: readonly string[]) {
  return start(program, ...args);
}

function start(...args: readonly string[]) {
  const env = environment({ XDG_RUNTIME_DIR: runtime });
  return spawnSync(process.execPath, args, { cwd: top, env, encoding: 'utf8' });
}
