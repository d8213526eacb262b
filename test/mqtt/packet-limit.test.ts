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
          isRight = limit.look(stream.subarray(at, at + step));
        expect(isRight).toBe(lengths.every((length) => length <= MAX));
      }),
    );
  });

  it('refuses a length that is none, and the longest that MQTT has at its last byte', () => {
    expect(new PacketLimit(MAX).look(Buffer.from([0x30, 0xff, 0xff, 0xff]))).toBe(true);
    expect(new PacketLimit(MAX).look(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]))).toBe(false);
    expect(new PacketLimit(MAX).look(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80]))).toBe(false);
  });
});
