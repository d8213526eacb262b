import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LIST_OPTIONS } from '../../dist/cli/command-options.js';
import { type Flags, settle, settleWithFile } from '../../dist/cli/settings.js';
import { keyOf, type Option, variableOf } from '../../dist/options/option.js';
import { RECEIVER_OPTIONS } from '../../dist/options/receiver-options.js';
import { SENDER_OPTIONS } from '../../dist/options/sender-options.js';

const receiverSettings = (flags: Flags, environment: Readonly<Record<string, string>>) =>
  settleWithFile(RECEIVER_OPTIONS, flags, environment);

/** What one option's flag means. */
const typed = (option: Option, text: string) =>
  settle({ option }, { [keyOf(option.flag!)]: text }, {}) as { readonly option: unknown };

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
      key: join(folder, 'r.pub'),
      scope: 'site',
      hash: 'sha3-512',
      mode: 'auto',
      timeoutMs: undefined,
      wait: true,
      patienceMs: 30e3,
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
    const { key, output } = await receiverSettings({ key: 'k.pub', output: 'o' }, {});
    expect([key, output]).toEqual([resolve('k.pub'), 'o']);
  });

  it.each(['-', 'folder/', './-'])(
    'leave the output %s as it is typed, for it to be judged as such',
    async (output) => {
      expect(await receiverSettings({ output }, {})).toMatchObject({ output });
      expect(await receiverSettings({}, { LAYERCAST_OUTPUT: output })).toMatchObject({ output });
    },
  );

  it.each([
    [RECEIVER_OPTIONS.timeoutMs, '60', 60e3],
    [RECEIVER_OPTIONS.timeoutMs, '5min', 300e3],
    [RECEIVER_OPTIONS.maxRateBitsPerSecond, '10Mbit', 10e6],
    [RECEIVER_OPTIONS.channels, '0,2,2,31', [0, 2, 31]],
    [RECEIVER_OPTIONS.compatible, 'acme/a acme/b acme/a', ['acme/a', 'acme/b']],
    [RECEIVER_OPTIONS.port, '65535', 65_535],
    [RECEIVER_OPTIONS.scope, 'link', 'link'],
    [RECEIVER_OPTIONS.mode, 'best', 'best'],
    [RECEIVER_OPTIONS.hash, 'blake3', 'blake3'],
    [SENDER_OPTIONS.host, 'alpha', 'alpha'],
  ])('%# take %o', (option, text, value) => {
    expect(typed(option, text)).toEqual({ option: value });
  });

  it.each([
    [RECEIVER_OPTIONS.timeoutMs, '0', '--timeout: not usable, found "0"', 'seconds, or a number and us'],
    [RECEIVER_OPTIONS.maxRateBitsPerSecond, '10', '--max-rate: not usable, found "10"', 'kbit'],
    [RECEIVER_OPTIONS.channels, '0,,1', '--channels: not usable, found "0,,1"', 'such as 0,1,2'],
    [RECEIVER_OPTIONS.compatible, 'a\u0000b', '--compatible: not usable, found "a\\u0000b"', '1 to 16 classes'],
    [RECEIVER_OPTIONS.compatible, ' ', '--compatible: not usable, found " "', 'such as acme/gateway-2'],
    [RECEIVER_OPTIONS.channels, '32', '--channels: not usable, found "32"', 'from 0 to 31'],
    [RECEIVER_OPTIONS.port, '0', '--port: not usable, found "0"', 'from 1 to 65535'],
    [RECEIVER_OPTIONS.mode, 'most', '--mode: not usable, found "most"', 'auto, best or several'],
    [RECEIVER_OPTIONS.key, '', '--key: not usable, found ""', 'a path; ./- is a file called "-"'],
    [RECEIVER_OPTIONS.key, '-', '--key: not usable, found "-"', 'a path; ./- is a file called "-"'],
  ])('%# refuse %o, and say what they take', (option, text, message, hint) => {
    expect(() => typed(option, text)).toThrow(
      expect.objectContaining({ code: 'USAGE', message, hint: expect.stringContaining(hint) }),
    );
  });

  it('name the variable when that is what is wrong', () => {
    const { port } = RECEIVER_OPTIONS;
    expect(variableOf(RECEIVER_OPTIONS.maxRateBitsPerSecond)).toBe('LAYERCAST_MAX_RATE');
    expect(() => settle({ port }, {}, { LAYERCAST_PORT: 'x' })).toThrow(/^LAYERCAST_PORT: not usable, found "x"/);
    expect(settle({ port }, { port: '1' }, { LAYERCAST_PORT: 'x' })).toEqual({ port: 1 });
  });

  it('that are true or false have flags and no variables, as LAYERCAST_WAIT is how long list listens', async () => {
    const environment = { LAYERCAST_WAIT: '7s' };
    expect(await receiverSettings({ wait: true }, environment)).toMatchObject({ wait: true, allowExpired: false });
    expect(await receiverSettings({ wait: false, allowExpired: true }, environment)).toMatchObject({
      wait: false,
      allowExpired: true,
    });
    expect(settle(LIST_OPTIONS, {}, environment)).toMatchObject({ waitMs: 7000 });
  });

  it('of list are not spoiled by those of fetch', async () => {
    expect(await settleWithFile(LIST_OPTIONS, { config: file }, { LAYERCAST_MODE: 'most' })).toEqual({
      key: join(folder, 'r.pub'),
      waitMs: 5000,
      interface: 'eth2',
      scope: 'site',
      port: 5002,
      hash: 'sha3-512',
    });
  });
});
