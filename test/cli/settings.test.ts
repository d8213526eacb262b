import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { receiverSettings, SETTINGS, settle, variableOf } from '../../dist/cli/settings.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-settings-'));
const file = join(folder, 'r.yaml');
writeFileSync(file, 'key: r.pub\ninterface: eth2\nport: 5002\nmaxRate: 2Mbit\n');
afterAll(() => rmSync(folder, { recursive: true }));

describe('settings', () => {
  it('come from flags, before the environment, before the file, before defaults', async () => {
    const settings = await receiverSettings(
      { config: file, interface: 'eth0' },
      { LAYERCAST_INTERFACE: 'eth1', LAYERCAST_MAX_RATE: '1Mbit', LAYERCAST_SCOPE: '' },
    );
    expect(settings).toMatchObject({
      interface: 'eth0',
      maxRateBitsPerSecond: 1e6,
      port: 5002,
      keyPath: join(folder, 'r.pub'),
      scope: 'site',
      hash: 'sha3-512',
      mode: 'auto',
      timeoutUs: undefined,
      channels: undefined,
    });
  });

  it('find the file by the environment, too', async () => {
    expect(await receiverSettings({}, { LAYERCAST_CONFIG: file })).toMatchObject({ interface: 'eth2' });
    await expect(receiverSettings({ config: join(folder, 'none') }, {})).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  it('without any have defaults that fit those of a fleet file', async () => {
    expect(await receiverSettings({}, {})).toMatchObject({ scope: 'site', port: 4242, hash: 'sha3-512', mode: 'auto' });
  });

  it('typed as paths start from the working directory', async () => {
    const { keyPath, outputPath } = await receiverSettings({ key: 'k.pub', output: 'o' }, {});
    expect([keyPath, outputPath]).toEqual([resolve('k.pub'), 'o']);
  });

  it.each(['-', 'folder/', './-'])(
    'leave the output %s as it is typed, for it to be judged as such',
    async (output) => {
      expect(await receiverSettings({ output }, {})).toMatchObject({ outputPath: output });
      expect(await receiverSettings({}, { LAYERCAST_OUTPUT: output })).toMatchObject({ outputPath: output });
    },
  );

  it.each([
    [SETTINGS.timeout, '60', 60e6],
    [SETTINGS.timeout, '5min', 300e6],
    [SETTINGS.maxRate, '10Mbit', 10e6],
    [SETTINGS.channels, '0,2,2,31', [0, 2, 31]],
    [SETTINGS.port, '65535', 65_535],
    [SETTINGS.scope, 'link', 'link'],
    [SETTINGS.mode, 'best', 'best'],
    [SETTINGS.hash, 'blake3', 'blake3'],
    [SETTINGS.host, 'alpha', 'alpha'],
  ])('%# take %o', (setting, text, value) => {
    expect(settle<unknown>(setting, text, {})).toEqual(value);
  });

  it.each([
    [SETTINGS.timeout, '0', '--timeout: not usable, found "0"', 'seconds, or a number and us'],
    [SETTINGS.maxRate, '10', '--max-rate: not usable, found "10"', 'kbit'],
    [SETTINGS.channels, '0,,1', '--channels: not usable, found "0,,1"', 'such as 0,1,2'],
    [SETTINGS.channels, '32', '--channels: not usable, found "32"', 'from 0 to 31'],
    [SETTINGS.port, '0', '--port: not usable, found "0"', 'from 1 to 65535'],
    [SETTINGS.mode, 'most', '--mode: not usable, found "most"', 'auto, best or several'],
    [SETTINGS.key, '', '--key: not usable, found ""', 'a path'],
  ])('%# refuse %o, and say what they take', (setting, text, message, hint) => {
    expect(() => settle<unknown>(setting, text, {})).toThrow(
      expect.objectContaining({ code: 'USAGE', message, hint: expect.stringContaining(hint) }),
    );
  });

  it('name the variable when that is what is wrong', () => {
    expect(variableOf(SETTINGS.maxRate)).toBe('LAYERCAST_MAX_RATE');
    expect(() => settle(SETTINGS.port, undefined, { LAYERCAST_PORT: 'x' })).toThrow(
      /^LAYERCAST_PORT: not usable, found "x"/,
    );
    expect(settle(SETTINGS.port, '1', { LAYERCAST_PORT: 'x' })).toBe(1);
  });
});
