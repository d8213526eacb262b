import { stripVTControlCharacters } from 'node:util';
import { EventEmitter } from 'eventemitter3';
import { describe, expect, it } from 'vitest';
import { FetchDisplay } from '../../../dist/cli/display/fetch-display.js';
import type { Receiver } from '../../../dist/create-receiver.js';
import type { CompleteEvent } from '../../../dist/receiver/events.js';
import { progress } from './progress.js';
import { stream } from './stream.js';

function receiver(): Receiver {
  return new EventEmitter() as unknown as Receiver;
}

describe('the display of a fetch', () => {
  it('renews its lines on a terminal, and takes them away at the end', () => {
    const { stream: terminal, text } = stream(true);
    const events = receiver();
    using display = new FetchDisplay(terminal, 'acme/firmware');
    display.follow(events);
    events.emit('progress', progress);
    const once = text();
    // Three lines of numbers, four of the rate, one of the level.
    expect(once.split('\n')).toHaveLength(9);
    events.emit('progress', { ...progress, bytes: 45e6 });
    expect(text().slice(once.length).startsWith('\u001b[?2026h\u001b[8F90 %')).toBe(true);
    display[Symbol.dispose]();
    expect(text().endsWith('\u001b[8F\u001b[J')).toBe(true);
  });

  it('is drawn anew when the size of the terminal changes, until it has ended', () => {
    const { stream: terminal, text } = stream(true);
    const events = receiver();
    using display = new FetchDisplay(terminal, 'acme/firmware');
    display.follow(events);
    events.emit('progress', progress);
    const before = text().length;
    Object.assign(terminal, { columns: 30, rows: 5 }).emit('resize');
    const lines = text().slice(before).trimEnd().split('\n');
    expect(lines.map(stripVTControlCharacters)).toEqual([
      '84 %  42.1 MB of 50 MB  3.4 …',
      'level 3 of 4, 4 Mbit/s  queu…',
      '▕███████▒▒▒▒   ▏ channels 0–…',
      '',
    ]);
    display.sayKept();
    const ended = text().length;
    terminal.emit('resize');
    expect(text().slice(ended)).toBe('');
  });

  it('shows the last changes of channels with their reasons, each decision once, within the columns', () => {
    const { stream: terminal, text } = stream(true);
    const events = receiver();
    let nowMs = 0;
    using display = new FetchDisplay(terminal, 'acme/firmware', 'usual', () => nowMs);
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
    const lines = stripVTControlCharacters(text()).trimEnd().split('\n');
    const steps = lines.filter((line) => / s {2}/.test(line) && !line.includes('%  '));
    expect(steps.slice(0, 3)).toEqual([
      '    0.1 s  the lowest level first, to measure the path',
      '    2.0 s  level 1 → 3: measured capacity 6 Mbit/s',
      '    8.0 s  level 3 → 2: 12 % lost',
    ]);
    expect(steps[3]).toMatch(/^ {3}65\.5 s {2}level 2 → 3: the preview found room .*…$/);
    expect(steps).toHaveLength(4);
    for (const line of steps) expect([...line].length).toBeLessThan(80);
  });

  it('writes what has to be known above the picture, which stays', () => {
    const { stream: terminal, text } = stream(true);
    const events = receiver();
    using display = new FetchDisplay(terminal, 'acme/firmware');
    display.follow(events);
    events.emit('progress', progress);
    const before = text().length;
    events.emit('warning', { code: 'SILENCE', message: 'nothing arrives on channel 1' });
    const wanted = '\u001b[?2026h\u001b[8F\u001b[Jwarning: nothing arrives on channel 1\n84 %';
    expect(text().slice(before).startsWith(wanted)).toBe(true);
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
    expect(text()).toBe('warning: nothing arrives on channel 1; joining it again\n');
  });

  it('writes a line of progress each minute where there is no terminal', () => {
    const { stream: file, text } = stream(false);
    const events = receiver();
    let nowMs = 0;
    using display = new FetchDisplay(file, 'acme/firmware', 'usual', () => nowMs);
    display.follow(events);
    for (nowMs = 0; nowMs < 150_000; nowMs += 1_000) events.emit('progress', progress);
    const lines = text().trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^\d+ % .* level 3 of 4.* loss /);
  });

  it('says only the result when it is to be quiet, also what a stopped fetch has kept', () => {
    const { stream: terminal, text } = stream(true);
    const events = receiver();
    using display = new FetchDisplay(terminal, 'acme/firmware', 'quiet');
    display.follow(events);
    events.emit('listening', { group: 'ff15::1', port: 4242, interface: 'eth0', patienceMs: 1000 });
    events.emit('join', { server: undefined, channel: 0, group: 'ff15::1', reason: 'why' });
    events.emit('warning', { code: 'SILENCE', message: 'channel 0 brings nothing' });
    events.emit('progress', progress);
    expect(text()).toBe('');
    display.sayKept();
    expect(text()).toMatch(/^stopped at 84 %: .* are kept/);
  });

  it('has a line for each join and leave when it is verbose, with the reason and what it compared', () => {
    const { stream: log, text } = stream(false);
    const events = receiver();
    using display = new FetchDisplay(log, 'acme/firmware', 'verbose');
    display.follow(events);
    events.emit('join', { server: undefined, channel: 3, group: 'ff15::1', reason: 'level 3 → 4: room' });
    const compared = { lossRatio: 0.123, mostLossRatio: 0.05 };
    events.emit('leave', { server: 'alpha', channel: 3, group: 'ff15::1', reason: 'level 4 → 3: loss', compared });
    expect(text()).toBe(
      'joins channel 3: level 3 → 4: room\nleaves channel 3 of alpha: level 4 → 3: loss (loss 12.3 %, most loss 5 %)\n',
    );
  });
});
