import { PassThrough } from 'node:stream';
import { EventEmitter } from 'eventemitter3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FetchDisplay, progressLines } from '../../dist/cli/fetch-display.js';
import type { Receiver } from '../../dist/create-receiver.js';
import type { ProgressEvent } from '../../dist/receiver/events.js';

const progress: ProgressEvent = {
  bytes: 42_100_000,
  totalBytes: 50_000_000,
  verifiedBytes: 30_000_000,
  rateBitsPerSecond: 3_400_000,
  etaMs: 18_600,
  lossRatio: 0.0123,
  level: 2,
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
  it('says how much, how fast, what is lost, how long yet, from whom; and draws a map', () => {
    const [numbers, map] = progressLines(progress, 100);
    expect(numbers).toBe('84 %  42.1 MB of 50 MB  3.4 Mbit/s  loss 1.2 %  19 s left');
    expect(map).toMatch(/^▕█+▒+ +▏ channels 0,1,2 from alpha, beta$/);
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
    expect(progressLines(waiting, 80)[1]).toContain('from nobody yet');
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
    expect(text().startsWith(`${once}\u001b[2F\u001b[J`)).toBe(true);
    display[Symbol.dispose]();
    expect(text().endsWith('\u001b[2F\u001b[J')).toBe(true);
  });

  it('draws nothing where there is no terminal, and still says what should be known', () => {
    const { stream: file, text } = stream(false);
    const events = receiver();
    using display = new FetchDisplay(file, 'acme/firmware');
    display.follow(events);
    events.emit('progress', progress);
    events.emit('warning', { code: 'SILENCE', message: 'nothing on channel 1; joining it anew' });
    expect(text()).toBe('nothing on channel 1; joining it anew\n');
  });
});
