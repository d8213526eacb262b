import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketLimit } from '../../dist/mqtt/packet-limit.js';

const MAX = 300;

/** A packet as MQTT writes it: a first byte, the length in groups of seven bits, the body. */
function packet(length: number): Uint8Array {
  const head = [0x30];
  let left = length;
  do {
    const rest = Math.floor(left / 128);
    head.push((left % 128) + (rest > 0 ? 128 : 0));
    left = rest;
  } while (left > 0);
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length, 0xff)]);
}

describe('the limit of packets', () => {
  it('lets through what is short enough, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 * MAX), { maxLength: 10 }), fc.integer({ min: 1, max: 50 }), (lengths, step) => {
        const stream = Buffer.concat(lengths.map(packet));
        const limit = new PacketLimit(MAX);
        let isRight = true;
        for (let at = 0; at < stream.length && isRight; at += step)
          isRight = limit.look(stream.subarray(at, at + step)) === undefined;
        expect(isRight).toBe(lengths.every((length) => length <= MAX));
      }),
    );
  });

  it('refuses a length that is none, and the longest that MQTT has at its last byte', () => {
    const faultOf = (...bytes: readonly number[]) => new PacketLimit(MAX).look(Buffer.from(bytes));
    expect(faultOf(0x30, 0xff, 0xff, 0xff)).toBeUndefined();
    expect(faultOf(0x30, 0xff, 0xff, 0xff, 0x7f)).toContain('more than 300 bytes');
    expect(faultOf(0x30, 0x80, 0x80, 0x80, 0x80)).toContain('more than 300 bytes');
  });

  it('refuses messages of QoS 2 and 3, wherever the stream is cut, and no packets of other types with the same bits', () => {
    const others = [0x30, 0x31, 0x32, 0x3b, 0x20, 0x50, 0x62, 0x90, 0xd0, 0xe0].flatMap((first) => [first, 1, 0x34]);
    for (const first of [0x34, 0x35, 0x3c, 0x36]) {
      const limit = new PacketLimit(MAX);
      const faults = [...others, first].map((byte) => limit.look(Buffer.from([byte])));
      expect(faults.findIndex((fault) => fault !== undefined)).toBe(others.length);
      expect(faults.at(-1)).toContain('QoS 2');
    }
  });
});
