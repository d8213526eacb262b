import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServerLock } from '../../dist/publish/server-lock.js';
import { FileLock } from '../../dist/store/lock/file-lock.js';
import { type CliResult, runHere } from './run-cli.js';

const ladder = 'ladder: { from: 1Mbit, to: 4Mbit }';
const text = `fleet: acme # a remark
key: layercast.key
objects:
  firmware: { file: images/firmware.img, version: 1, ${ladder} }
  maps: { dir: maps, version: 5, ${ladder} }
servers:
  alpha: {}
  beta: {}
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'layercast-publish-'));
  mkdirSync(join(folder, 'images'));
  writeFileSync(join(folder, 'fleet.yaml'), text);
  writeFileSync(join(folder, 'images/firmware.img'), 'one');
  writeFileSync(join(folder, 'new.img'), 'two');
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  rmSync(folder, { recursive: true, force: true });
});

const publish = (...args: string[]): Promise<CliResult> =>
  runHere(['publish', ...args, '--state', join(folder, 'state')], { cwd: folder });
const fleetText = () => readFileSync(join(folder, 'fleet.yaml'), 'utf8');
const image = () => readFileSync(join(folder, 'images/firmware.img'), 'utf8');

describe('publish', () => {
  it('puts the file in its place, raises the version, and leaves everything else as it is', async () => {
    const { code, stdout } = await publish('new.img', '--object', 'firmware');
    expect([code, stdout]).toEqual([
      0,
      './fleet.yaml: firmware has version 2 now, and had 1\nno server of acme runs here; the next one that starts publishes it\n',
    ]);
    expect([image(), fleetText()]).toEqual(['two', text.replace('version: 1', 'version: 2')]);
    expect(readdirSync(folder).toSorted()).toEqual(['fleet.yaml', 'images', 'new.img']);
    expect(readFileSync(join(folder, 'new.img'), 'utf8')).toBe('two');
  });

  it('finds the object by the name of the file, takes a version that is asked for, and says what it did as JSON', async () => {
    const { code, stdout } = await publish('images/firmware.img', '--new-version', '70', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, { object: 'firmware', version: 70, told: [] }]);
    expect(image()).toBe('one');
    await publish('--object', 'maps');
    expect(fleetText()).toBe(text.replace('version: 1', 'version: 70').replace('version: 5', 'version: 6'));
  });

  it('waits for nobody: it says that another command is changing the fleet file', async () => {
    const lock = await FileLock.acquire(join(folder, 'fleet.yaml.lock'));
    const { code, stderr } = await publish('new.img', '--object', 'firmware');
    symlinkSync('fleet.yaml', join(folder, 'link.yaml'));
    const linked = await publish('new.img', '--object', 'firmware', '--config', 'link.yaml');
    await lock.release();
    expect([code, linked.code, fleetText(), image()]).toEqual([1, 1, text, 'one']);
    expect(stderr).toMatch(
      /^layercast: another command is changing .\/fleet.yaml: process .*\n {2}Run this one again when/,
    );
  });

  it('tells the servers of the fleet that run on this host, unless it should not', async () => {
    const [mine, foreign] = [new ServerLock(join(folder, 'state')), new ServerLock(join(folder, 'state'))];
    await mine.take('acme', 'beta', {});
    await foreign.take('other', 'alpha', {});
    let signalCount = 0;
    const count = () => {
      signalCount++;
    };
    process.on('SIGHUP', count);
    try {
      const told = await publish('new.img', '--object', 'firmware', '--json');
      expect(JSON.parse(told.stdout)).toMatchObject({ told: [{ server: 'beta', pid: process.pid }] });
      // A signal to this process itself comes in a later turn of the event loop.
      while (signalCount === 0) await new Promise((resolve) => setImmediate(resolve));
      const untold = await publish('new.img', '--object', 'firmware', '--no-reload');
      expect(untold.stdout).toContain('the servers publish it when they get SIGHUP');
      writeFileSync(join(folder, 'fleet.yaml'), text.replace('key: layercast.key', 'records: signed'));
      expect((await publish('new.img', '--object', 'firmware')).stdout).toContain('sign it with layercast sign');
      expect(signalCount).toBe(1);
    } finally {
      process.removeListener('SIGHUP', count);
      await mine.release();
      await foreign.release();
    }
  });

  it('leaves the file as it is when the disk has no room for the fleet file', async () => {
    const { writeFile } = fs;
    vi.spyOn(fs, 'writeFile').mockImplementation(async (...args) => {
      if (String(args[1]).includes('version: 2')) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      return await writeFile(...args);
    });
    syncBuiltinESMExports();
    const { code, stderr } = await publish('new.img', '--object', 'firmware');
    expect([code, stderr]).toEqual([1, expect.stringContaining('no space left')]);
    expect([image(), fleetText()]).toEqual(['one', text]);
    expect(readdirSync(folder).toSorted()).toEqual(['fleet.yaml', 'images', 'new.img']);
    expect(readdirSync(join(folder, 'images'))).toEqual(['firmware.img']);
  });

  it.each([
    [['new.img'], 2, 'it is unclear which object of ./fleet.yaml to publish'],
    [['new.img', '--object', 'fw'], 2, 'no object of ./fleet.yaml is called "fw"'],
    [['new.img', '--object', 'maps'], 2, 'object maps is made from a folder, not from a file'],
    [['--object', 'maps', '--new-version', '5'], 2, '5 is no new version of maps'],
    [['--object', 'maps', '--new-version', '6.5'], 2, '6.5 is no new version of maps'],
    [['none.img', '--object', 'firmware'], 2, 'cannot open "none.img": there is no such file or directory'],
    [['images', '--object', 'firmware'], 2, '"images" is a directory'],
    [['--config', 'nowhere/none.yaml'], 2, 'no file nowhere/none.yaml'],
  ])('%j changes nothing, and says why', async (args, exit, said) => {
    const { code, stdout, stderr } = await publish(...args);
    expect([code, stdout, stderr]).toEqual([exit, '', expect.stringContaining(said)]);
    expect([image(), fleetText()]).toEqual(['one', text]);
    expect(readdirSync(folder).toSorted()).toEqual(['fleet.yaml', 'images', 'new.img']);
  });
});
