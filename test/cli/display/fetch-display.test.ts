import { PassThrough } from 'node:stream';
import { EventEmitter } from 'eventemitter3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FetchDisplay, progressLines } from '../../../dist/cli/display/fetch-display.js';
import type { Receiver } from '../../../dist/create-receiver.js';
import type { CompleteEvent, ProgressEvent } from '../../../dist/receiver/events.js';

const progress: ProgressEvent = {
  bytes: 42_100_000,
  totalBytes: 50_000_000,
  verifiedBytes: 30_000_000,
  rateBitsPerSecond: 3_400_000,
  etaMs: 18_600,
  lossRatio: 0.0123,
  level: 3,
  levelCount: 4,
  levelRateBitsPerSecond: 4_000_000,
  queueMs: 12,
  capacityBitsPerSecond: 5_000_000,
  servers: ['alpha', 'beta'],
  channels: [0, 1, 2],
  map: Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 : i < 48 ? 0.5 : 0)),
};

/** A stream that says whether it is a terminal, and keeps what was written. */
function stream(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY, columns });
  stream.on('data', (chunk) => written.push(String(chunk)));
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => written.join('') };
}

function receiver(): Receiver {
  return new EventEmitter() as unknown as Receiver;
}

describe('the progress of a fetch', () => {
  it('says how much, how fast, how long yet; on what level, with what queue and loss; from whom; and draws a map', () => {
    const [numbers, path, map] = progressLines(progress, 100);
    expect(numbers).toBe('84 %  42.1 MB of 50 MB  3.4 Mbit/s  19 s left');
    expect(path).toBe('level 3 of 4, 4 Mbit/s  queue 12 ms  loss 1.2 %  capacity 5 Mbit/s');
    expect(map).toMatch(/^▕█+▒+ +▏ channels 0–2 from alpha, beta$/);
  });

  it('counts levels as the event does, and does not mention a capacity that has not been measured', () => {
    const path = (level: number) =>
      progressLines({ ...progress, level, levelCount: 3, capacityBitsPerSecond: undefined }, 80)[1];
    expect([1, 2, 3, 0].map(path)).toEqual(
      [1, 2, 3, 0].map((level) => `level ${level} of 3, 4 Mbit/s  queue 12 ms  loss 1.2 %`),
    );
  });

  it('never needs more columns than the terminal has, nor ends at the last', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 200 }),
        fc.array(fc.string({ minLength: 1, maxLength: 63 }), { maxLength: 9 }),
        (columns, servers) => {
          for (const line of progressLines({ ...progress, servers }, columns)) {
            expect([...line].length).toBeLessThan(columns);
          }
        },
      ),
    );
  });

  it('waits for data where nothing comes, and for nothing where there is nothing to get', () => {
    const waiting = { ...progress, bytes: 0, etaMs: undefined, servers: [], channels: [] };
    expect(progressLines(waiting, 80)[0]).toContain('waiting for data');
    expect(progressLines(waiting, 80)[2]).toContain('from no server yet');
    expect(progressLines({ ...waiting, totalBytes: 0 }, 80)[0]).toContain('100 %');
  });
});

describe('the display of a fetch', () => {
  it('renews its lines on a terminal, and takes them away at the end', () => {
    const { stream: terminal, text } = stream(true);
    const events = receiver();
    using display = new FetchDisplay(terminal, 'acme/firmware');
    display.follow(events);
    events.emit('progress', progress);
    const once = text();
    events.emit('progress', progress);
    expect(text().startsWith(`${once}\u001b[3F\u001b[J`)).toBe(true);
    display[Symbol.dispose]();
    expect(text().endsWith('\u001b[3F\u001b[J')).toBe(true);
  });

  it('shows the last changes of channels with their reasons, each decision once, within the columns', () => {
    const { stream: terminal, text } = stream(true);
    const events = receiver();
    let nowMs = 0;
    using display = new FetchDisplay(terminal, 'acme/firmware', () => nowMs);
    display.follow(events);
    const step = (name: 'join' | 'leave', atMs: number, channel: number, reason: string) => {
      nowMs = atMs;
      events.emit(name, { server: undefined, channel, group: 'ff15::1', reason });
    };
    step('join', 100, 0, 'the lowest level first, to measure the path');
    step('join', 2000, 1, 'level 1 → 3: measured capacity 6 Mbit/s');
    step('join', 2001, 2, 'level 1 → 3: measured capacity 6 Mbit/s');
    step('leave', 8000, 2, 'level 3 → 2: 12 % lost');
    step('join', 65_500, 2, `level 2 → 3: ${'the preview found room '.repeat(9)}`);
    expect(text()).toBe('');
    events.emit('progress', progress);
    const steps = text().trimEnd().split('\n').slice(3);
    expect(steps.slice(0, 2)).toEqual([
      '    2.0 s  level 1 → 3: measured capacity 6 Mbit/s',
      '    8.0 s  level 3 → 2: 12 % lost',
    ]);
    expect(steps[2]).toMatch(/^ {3}65\.5 s {2}level 2 → 3: the preview found room .*…$/);
    expect(steps).toHaveLength(3);
    for (const line of steps) expect([...line].length).toBeLessThan(80);
    display[Symbol.dispose]();
    expect(text().endsWith('\u001b[6F\u001b[J')).toBe(true);
  });

  it('ends with where the file is, once, and its SHA-256', () => {
    const { stream: file, text } = stream(false);
    const events = receiver();
    using display = new FetchDisplay(file, 'acme/firmware');
    display.follow(events);
    const counts = { datagrams: 1, lostDatagrams: 0, overhead: 0, resumedBytes: 0, servers: [], channels: [] };
    events.emit('complete', {
      bytes: 5e6,
      elapsedMs: 1500,
      sha256: 'ab'.repeat(32),
      path: '/tmp/firmware.img',
      ...counts,
    } as unknown as CompleteEvent);
    expect(text()).toBe(
      'complete and verified: 5 MB in 1.5 s, loss 0.0 %, overhead 0.0 %\n  from no server\n' +
        `  /tmp/firmware.img\n  SHA-256 ${'ab'.repeat(32)}\n`,
    );
  });

  it('says how far a fetch got that was stopped, and how to go on; nothing of one that never began', () => {
    const { stream: file, text } = stream(false);
    const events = receiver();
    using display = new FetchDisplay(file, 'acme/firmware');
    display.follow(events);
    display.sayKept();
    expect(text()).toBe('');
    events.emit('progress', { ...progress, bytes: 12e6, totalBytes: 30e6 });
    display.sayKept();
    expect(text()).toBe('stopped at 40 %: 12 MB of 30 MB are kept; run the same command again to go on\n');
  });

  it('draws nothing where there is no terminal, and still says what should be known', () => {
    const { stream: file, text } = stream(false);
    const events = receiver();
    using display = new FetchDisplay(file, 'acme/firmware');
    display.follow(events);
    events.emit('join', { server: undefined, channel: 0, group: 'ff15::1', reason: 'the lowest level' });
    events.emit('progress', progress);
    events.emit('warning', { code: 'SILENCE', message: 'nothing arrives on channel 1; joining it again' });
    expect(text()).toBe('nothing arrives on channel 1; joining it again\n');
  });

  it('writes a line of progress each minute where there is no terminal', () => {
    const { stream: file, text } = stream(false);
    const events = receiver();
    let nowMs = 0;
    using display = new FetchDisplay(file, 'acme/firmware', () => nowMs);
    display.follow(events);
    for (nowMs = 0; nowMs < 150_000; nowMs += 1_000) events.emit('progress', progress);
    const lines = text().trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^\d+ % .* level 3 of 4.* loss /);
  });
});
