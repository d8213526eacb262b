import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fetchEvents } from '../../dist/events/fetch-events.js';
import { lineReader } from '../../dist/events/read-line.js';
import { simulateEvents } from '../../dist/events/simulate-events.js';
import { writeFields } from '../../dist/events/write-fields.js';

const readFetch = lineReader(fetchEvents);
const readSimulated = lineReader(simulateEvents);
const listening = { event: 'listening', atMs: 5, group: 'ff15::1', port: 4242, interface: null, patienceMs: 30_000 };
const described = {
  event: 'descriptor',
  atMs: 5,
  fleet: 'acme',
  object: 'maps',
  version: 3,
  bytes: 5000,
  symbolBytes: 1000,
  blockCount: 1,
  mode: 'several',
  channels: [{ channel: 0, group: 'ff15::1', intervalUs: 1000 }],
  servers: ['alpha'],
};

describe('a line', () => {
  it('is null in JSON where programs see undefined, and comes back the same', () => {
    const event = { group: 'ff15::1', port: 4242, interface: undefined, patienceMs: 30_000 };
    const fields = writeFields(fetchEvents.listening, event);
    expect(fields).toEqual({ ...event, interface: null });
    expect(readFetch({ event: 'listening', atMs: 5, ...fields })).toEqual({ event: 'listening', atMs: 5, ...event });
  });

  it('is written without what is undefined and may be missing, and without what the schema does not have', () => {
    const warning = { code: 'DROPPED', message: 'the disk is behind', secret: 'x' } as const;
    expect(writeFields(fetchEvents.warning, warning)).toEqual({ code: 'DROPPED', message: 'the disk is behind' });
    const error = { code: 'USAGE', message: 'no', hint: undefined };
    expect(Object.keys(writeFields(fetchEvents.error, error))).toEqual(['code', 'message']);
  });

  it('of a later version is read for what is known of it', () => {
    expect(readFetch({ event: 'rewound', atMs: 5 })).toBeUndefined();
    expect(readFetch({ event: '__proto__', atMs: 5 })).toBeUndefined();
    expect(readFetch({ ...listening, colour: 'blue' })).toEqual({ ...listening, interface: undefined });
  });

  it.each([
    [null, 'not a JSON object'],
    [[listening], 'not a JSON object'],
    [{}, 'no "event"'],
    [{ event: 7 }, 'no "event"'],
    [{ ...listening, group: undefined }, 'listening: "group" is not a text'],
    [{ ...listening, group: 'x'.repeat(1001) }, 'listening: "group" is too long'],
    [{ ...listening, port: -1 }, 'listening: "port" is not a whole number from 0 to 9007199254740991'],
    [{ ...listening, atMs: 1e13 }, 'listening: "atMs" is not a whole number from 0 to 1000000000000'],
  ])('%j is refused: %s', (line, fault) => {
    expect(readFetch(line)).toBe(fault);
  });

  it('is refused for the first fault inside a list, and for a list that is too long', () => {
    const [channel] = described.channels;
    const channels = (list: unknown) => readSimulated({ ...described, channels: list });
    expect(channels([channel, { ...channel, intervalUs: '5' }])).toBe(
      'descriptor: "channels[1].intervalUs" is not a number of at least 0',
    );
    expect(channels([channel, 7])).toBe('descriptor: "channels[1]" is not a JSON object');
    expect(channels(Array(257).fill(channel))).toBe('descriptor: "channels" has more than 256 entries');
  });

  it('never makes the reader throw, whatever it is', () => {
    const names = [...Object.keys(simulateEvents), 'x'];
    const line = fc
      .record({ event: fc.constantFrom(...names), atMs: fc.nat() })
      .chain((known) => fc.object().map((fields) => ({ ...fields, ...known })));
    fc.assert(fc.property(fc.oneof(line, fc.anything()), (value) => void readSimulated(value)));
  });
});

it.each(['simulate', 'replicated', 'many'])('the log %s of an older version differs only in its levels', (name) => {
  const log = readFileSync(fileURLToPath(new URL(`../plot/former/${name}.log`, import.meta.url)), 'utf8');
  for (const text of log.trimEnd().split('\n')) {
    const line = JSON.parse(text);
    const levels = line.event === 'progress' ? { level: line.level + 1, levelCount: 9 } : {};
    if (line.event === 'progress') expect(readSimulated(line)).toMatch(/^progress: "level/);
    expect(readSimulated({ ...line, ...levels })).toMatchObject({ atMs: line.atMs });
  }
});
