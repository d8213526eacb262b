import { describe, expect, test } from 'vitest';
import { blockOf, blockOption } from '../../dist/coap/block.js';
import { codeText } from '../../dist/coap/code.js';
import type { CoapEndpoint } from '../../dist/coap/endpoint.js';
import { decodeMessage, encodeMessage, MAX_MESSAGE_BYTES, type Message } from '../../dist/coap/message.js';
import { Options } from '../../dist/coap/options.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { slowMessage } from './slow-message.js';
import { Wire } from './wire.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text));

/** What the text of RFC 7252, appendix A, and RFC 7641 and 7959 show in their figures. */
const VECTORS = [
  { name: 'a confirmable GET of /temperature', bytes: hex('40 01 7d34 bb 74656d7065726174757265') },
  { name: 'its piggybacked response', bytes: hex('60 45 7d34 ff 32322e332043') },
  { name: 'a request with a token', bytes: hex('41 01 7d35 20 bb 74656d7065726174757265') },
  { name: 'an empty acknowledgement', bytes: hex('60 00 7d38') },
  { name: 'a reset', bytes: hex('70 00 7d3b') },
  {
    name: 'options with long deltas and lengths',
    bytes: hex(`42 02 0001 abcd b1 61 dd 24 00 ${'62'.repeat(13)} e1 0000 63 ff 00`),
  },
] as const;

function random(prng: Prng): Message {
  const numbers = Array.from({ length: prng.below(6) }, () => prng.below(prng.below(2) === 0 ? 70 : 65_536));
  const options = numbers
    .sort((a, b) => a - b)
    .map((number) => ({ number, value: prng.fill(new Uint8Array(prng.below(prng.below(3) === 0 ? 300 : 14))) }));
  const code = prng.below(224) + 1;
  const type = (['CON', 'NON', 'ACK', 'RST'] as const)[prng.below(4)]!;
  const [token, payload] = [prng.below(9), prng.below(40)].map((count) => prng.fill(new Uint8Array(count)));
  return { type, code, id: prng.below(65_536), token: token!, options, payload: payload! };
}

/** Plain arrays, which compare by their values. */
const shown = (message: Message | undefined) =>
  message && {
    ...message,
    token: [...message.token],
    payload: [...message.payload],
    options: message.options.map(({ number, value }) => [number, ...value]),
  };

describe('messages of CoAP', () => {
  test.each(VECTORS)('the bytes of $name are read and written as the RFC shows them', ({ bytes }) => {
    const message = decodeMessage(bytes)!;
    expect(shown(message)).toEqual(shown(slowMessage(bytes)));
    expect(Buffer.from(encodeMessage(message)).equals(bytes)).toBe(true);
  });

  test('what is written is read again, and by a reader of another hand', () => {
    const prng = new Prng('messages');
    for (let i = 0; i < 600; i++) {
      const message = random(prng);
      const bytes = encodeMessage(message);
      expect(shown(decodeMessage(bytes))).toEqual(shown(message));
      expect(shown(slowMessage(bytes))).toEqual(shown(message));
    }
  });

  test('every truncation, flipped bit and random datagram is read as the other reader reads it, and never throws', () => {
    const prng = new Prng('damage');
    const compare = (bytes: Uint8Array) => expect(shown(decodeMessage(bytes))).toEqual(shown(slowMessage(bytes)));
    for (let i = 0; i < 25; i++) {
      const bytes = encodeMessage(random(prng));
      for (let length = 0; length < bytes.length; length++) compare(bytes.subarray(0, length));
      for (let flips = 0; flips < 60; flips++) {
        const flipped = bytes.slice();
        const bit = prng.below(bytes.length * 8);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        compare(flipped);
      }
    }
    for (let i = 0; i < 3000; i++) compare(prng.fill(new Uint8Array(prng.below(60))));
    compare(new Uint8Array(MAX_MESSAGE_BYTES + 1).fill(0x40));
  });

  test('an endpoint counts damage and rejects it, and answers no reset with a reset', async () => {
    const wire = new Wire();
    const [here, there] = [
      { address: '::1', port: 5683 },
      { address: '::2', port: 5683 },
    ];
    const endpoint: CoapEndpoint = wire.endpoint(here);
    const prng = new Prng('hostile');
    for (let i = 0; i < 5000; i++) {
      const bytes = encodeMessage(random(prng)).slice();
      for (let flips = prng.below(4); flips > 0; flips--) bytes[prng.below(bytes.length)] = prng.below(256);
      endpoint.receive(bytes.subarray(0, 1 + prng.below(bytes.length)), there);
    }
    await wire.pass(1e6);
    expect(endpoint.counts.received).toBe(5000);
    expect(endpoint.counts.damaged).toBeGreaterThan(1000);
    const before = wire.seen.length;
    endpoint.receive(hex('70 00 7d3b'), there);
    endpoint.receive(hex('7f 45 7d3b'), there);
    await wire.pass(1e6);
    expect(wire.seen.length).toBe(before);
    // Nothing that was sent was longer than what it answers and a code: nobody is flooded through this endpoint.
    for (const { message } of wire.seen) expect(message.payload.length).toBe(0);
  });

  test('a block says its place, its size and whether more come', () => {
    for (const block of [
      { index: 0, hasMore: false, bytes: 16 },
      { index: 1, hasMore: true, bytes: 1024 },
      { index: 2 ** 20 - 1, hasMore: true, bytes: 512 },
    ]) {
      expect(blockOf(new Options([blockOption(23, block)]), 23)).toEqual(block);
    }
    // RFC 7959, figure 2: 2:1/0/128 is 0x13, the longest is three bytes.
    expect([...blockOption(23, { index: 1, hasMore: false, bytes: 128 }).value]).toEqual([0x13]);
    expect(blockOf(new Options([{ number: 23, value: Uint8Array.of(7) }]), 23)).toBe('damaged');
    expect(blockOf(new Options([{ number: 23, value: Uint8Array.of(1, 2, 3, 4) }]), 23)).toBe('damaged');
  });

  test('codes are written as the RFC writes them', () => {
    expect([0x45, 0x84, 0x5f, 0x01].map(codeText)).toEqual(['2.05', '4.04', '2.31', '0.01']);
    expect(bytesOf('a').length).toBe(1);
  });
});
