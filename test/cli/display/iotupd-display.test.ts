import { stripVTControlCharacters } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { IotupdDisplay } from '../../../dist/cli/display/iotupd-display.js';
import { stream } from './stream.js';

const WHAT = 'iotupd://[ff1e::42]:4242';

const progress = (bytes: number) => ({
  bytes,
  totalBytes: 50e6,
  rateBitsPerSecond: 3.4e6,
  lossRatio: 0.001,
  servers: ['fd00:1::1'],
});

afterEach(() => vi.unstubAllEnvs());

it('renews one line of progress on a terminal, which is never as wide as the terminal', () => {
  vi.stubEnv('TERM', 'xterm');
  const { stream: terminal, text } = stream(true, 40);
  using display = new IotupdDisplay(terminal, WHAT);
  display.show('progress', progress(12.3e6));
  const once = text();
  expect(stripVTControlCharacters(once)).toBe('24 %  12.3 MB of 50 MB  3.4 Mbit/s  lo…\n');
  display.show('progress', progress(25e6));
  expect(text().slice(once.length)).toContain('\u001b[1F50 %');
  display.show('warning', { code: 'WRONG_BYTES', message: 'once more' });
  expect(stripVTControlCharacters(text()).trimEnd().split('\n').slice(-2)).toEqual([
    'warning: once more',
    '50 %  25 MB of 50 MB  3.4 Mbit/s  loss…',
  ]);
});

it.each([
  ['a terminal that cannot renew lines', true],
  ['a log', false],
])('writes a line each minute to %s, without any sequences', (_, isTTY) => {
  vi.stubEnv('TERM', 'dumb');
  const { stream: log, text } = stream(isTTY);
  let nowMs = 0;
  using display = new IotupdDisplay(log, WHAT, false, () => nowMs);
  for (nowMs = 0; nowMs <= 120_000; nowMs += 1000) display.show('progress', progress(nowMs * 100));
  display[Symbol.dispose]();
  expect(text()).toBe('12 %  6 MB of 50 MB  3.4 Mbit/s  loss 0.1 %\n24 %  12 MB of 50 MB  3.4 Mbit/s  loss 0.1 %\n');
});

it.each([
  ['usual', false],
  ['quiet', true],
])('says what is kept when it is stopped, %s', (_, isQuiet) => {
  const { stream: log, text } = stream(false);
  using display = new IotupdDisplay(log, WHAT, isQuiet);
  display.sayKept();
  expect(text()).toBe('');
  display.show('progress', progress(25e6));
  display.sayKept();
  expect(text()).toBe('stopped at 50 %: 25 MB of 50 MB are kept; run the same command again to go on\n');
});
