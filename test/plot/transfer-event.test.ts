import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTransferEvent } from '../../dist/plot/transfer-event.js';

const progress = { event: 'progress', atMs: 1000, rateBitsPerSecond: 2e6, lossRatio: 0.01, level: 2 };
const join = { event: 'join', atMs: 5, server: null, channel: 0, group: 'ff15::1', reason: 'the lowest channel' };

describe('an event of a log', () => {
  it('is taken with what it has', () => {
    expect(readTransferEvent(progress)).toMatchObject({ event: 'progress', receiver: '', level: 2 });
    expect(readTransferEvent({ ...progress, receiver: 'r1', queueMs: 3, capacityBitsPerSecond: null })).toMatchObject({
      receiver: 'r1',
      queueMs: 3,
      capacityBitsPerSecond: undefined,
    });
    expect(readTransferEvent(join)).toMatchObject({ event: 'join', channel: 0, reason: 'the lowest channel' });
    expect(readTransferEvent({ event: 'complete', atMs: 9, receiver: 'r1' })).toEqual({
      event: 'complete',
      atMs: 9,
      receiver: 'r1',
    });
    const link = { event: 'link', atMs: 9, link: 'l', capacityBitsPerSecond: 5e6, queueMs: 1, lossRatio: 0 };
    expect(readTransferEvent(link)).toMatchObject({ event: 'link', link: 'l' });
    const flow = { event: 'flow', atMs: 9, flow: 'tcp', rateBitsPerSecond: 1e6 };
    expect(readTransferEvent(flow)).toMatchObject({ event: 'flow', rateBitsPerSecond: 1e6 });
    const descriptor = { event: 'descriptor', atMs: 1, fleet: 'acme', object: 'maps', version: 3, mode: 'best' };
    expect(readTransferEvent(descriptor)).toMatchObject({ version: 3 });
    expect(readTransferEvent({ ...descriptor, channels: [{ intervalUs: 5 }, { intervalUs: 2 }] })).toMatchObject({
      channels: [{ intervalUs: 5 }, { intervalUs: 2 }],
    });
    expect(readTransferEvent({ ...descriptor, channels: [null, 3] })).toBe(
      'descriptor: "channels[0]" is not a JSON object',
    );
  });

  it('that is not drawn is no fault, whatever is in it', () => {
    expect(readTransferEvent({ event: 'warning' })).toBeUndefined();
    expect(readTransferEvent({ event: 'summary', atMs: 'x' })).toBeUndefined();
    expect(readTransferEvent({ event: '__proto__' })).toBeUndefined();
  });

  it.each([
    [null, 'not a JSON object'],
    [[progress], 'not a JSON object'],
    [7, 'not a JSON object'],
    [{}, 'no "event"'],
    [{ event: 7 }, 'no "event"'],
    [{ ...progress, atMs: undefined }, 'progress: "atMs" is not a whole number from 0 to 1000000000000'],
    [{ ...progress, atMs: 1.5 }, 'progress: "atMs" is not a whole number from 0 to 1000000000000'],
    [{ ...progress, atMs: 1e13 }, 'progress: "atMs" is not a whole number from 0 to 1000000000000'],
    [{ ...progress, rateBitsPerSecond: '2e6' }, 'progress: "rateBitsPerSecond" is not a number of at least 0'],
    [
      { ...progress, rateBitsPerSecond: JSON.parse('1e999') },
      'progress: "rateBitsPerSecond" is not a number of at least 0',
    ],
    [{ ...progress, lossRatio: 1.01 }, 'progress: "lossRatio" is not a number from 0 to 1'],
    [{ ...progress, level: -2 }, 'progress: "level" is not a whole number from -1 to 255'],
    [{ ...progress, level: 0.5 }, 'progress: "level" is not a whole number from -1 to 255'],
    [{ ...progress, queueMs: -1 }, 'progress: "queueMs" is not a number of at least 0'],
    [{ ...progress, receiver: 7 }, 'progress: "receiver" is not a text'],
    [{ ...join, channel: 256 }, 'join: "channel" is not a whole number from 0 to 255'],
    [{ ...join, reason: null }, 'join: "reason" is not a text'],
    [{ event: 'link', atMs: 1, link: 'l', lossRatio: 0 }, 'link: "queueMs" is not a number of at least 0'],
    [{ event: 'flow', atMs: 1, rateBitsPerSecond: 1 }, 'flow: "flow" is not a text'],
  ])('%j is refused: %s', (event, fault) => {
    expect(readTransferEvent(event)).toBe(fault);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('progress', 'join', 'link', 'flow', 'descriptor', 'complete'),
        fc.object(),
        (event, fields) => {
          readTransferEvent({ atMs: 1, ...fields, event });
        },
      ),
    );
    fc.assert(fc.property(fc.anything(), (value) => void readTransferEvent(value)));
  });
});
