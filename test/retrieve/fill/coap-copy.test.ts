import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../dist/base/system-clock.js';
import { Code } from '../../../dist/coap/code.js';
import type { CoapReply, CoapResource } from '../../../dist/coap/site.js';
import { UdpEndpoint } from '../../../dist/coap/udp-endpoint.js';
import { CoapCopy } from '../../../dist/retrieve/fill/coap-copy.js';

const file = randomBytes(100_000);
const { signal } = new AbortController();
let replies: Readonly<Record<string, () => CoapReply>>;
let udp: UdpEndpoint;

/** A content in blocks, as a server has it. */
const contentOf = (bytes: Uint8Array, tag = 1): CoapReply => {
  const read = async (offset: number, into: Uint8Array) => {
    into.set(bytes.subarray(offset, offset + into.length));
    return true;
  };
  return { code: Code.content, content: { sizeBytes: bytes.length, etag: Uint8Array.of(tag), read } };
};
const copy = (path = 'fw/image/bin', clock = systemClock) =>
  new CoapCopy(`coap://[::1]:${udp.address.port}/${path}`, file.length, clock);

beforeEach(async () => {
  const resource = (path: string): CoapResource | undefined => {
    const reply = replies[path];
    return reply && { answer: () => reply() };
  };
  const site = { links: () => [], find: (path: readonly string[]) => resource(path.join('/')) };
  udp = await UdpEndpoint.open({ host: '::1', port: 0, clock: systemClock, site });
});
afterEach(() => udp[Symbol.asyncDispose]());

describe('a copy on a server of CoAP', () => {
  it('is read at any offset, and has digests beside it or not', async () => {
    replies = {
      'fw/image/bin': () => contentOf(file),
      'fw/image/bin.digests': () => contentOf(file.subarray(0, 3200)),
    };
    for (const [offset, length] of [
      [0, 1024],
      [1000, 5000],
      [99_999, 1],
    ] as const) {
      const into = Buffer.alloc(length);
      await copy().read(offset, into, signal);
      expect(into.equals(file.subarray(offset, offset + length))).toBe(true);
    }
    expect(Buffer.from((await copy().digests(3200, signal))!).equals(file.subarray(0, 3200))).toBe(true);
    await expect(copy().digests(3201, signal)).rejects.toThrow('3201 bytes');
    replies = {};
    expect(await copy().digests(3200, signal)).toBeUndefined();
  });

  it.each<[string, CoapReply, string, boolean]>([
    ['has no such file', { code: Code.notFound }, 'it answered 4.04', true],
    ['does not have the block yet', { code: Code.unavailable }, 'it answered 5.03', false],
    ['has another file', contentOf(file.subarray(0, 7)), '7 bytes instead of 100000', true],
    ['sends one message only', { code: Code.content, payload: Buffer.from('short') }, 'another part', true],
  ])('that %s is a fault', async (_, reply, message, isFinal) => {
    replies = { 'fw/image/bin': () => reply };
    const fault = copy().read(0, new Uint8Array(10), signal);
    await expect(fault).rejects.toMatchObject({ message: expect.stringContaining(message), isFinal });
  });

  it('is left when its content changes between two reads', async () => {
    let tag = 1;
    replies = { 'fw/image/bin': () => contentOf(file, tag) };
    const source = copy();
    await source.read(0, new Uint8Array(10), signal);
    tag = 2;
    await expect(source.read(0, new Uint8Array(10), signal)).rejects.toMatchObject({ isFinal: true });
  });

  it('is left for others when it drips', async () => {
    const read = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return true;
    };
    const content = { sizeBytes: file.length, etag: Uint8Array.of(1), read };
    replies = {
      'fw/image/bin': () => ({ code: Code.content, content }),
      'fw/image/bin.digests': () => ({ code: Code.content, content }),
    };
    // Minutes pass at once; the seconds of retransmissions do not.
    const schedule = (atUs: number, run: () => void) =>
      systemClock.schedule(atUs > systemClock.nowUs() + 120e6 ? systemClock.nowUs() : atUs, run);
    const source = copy('fw/image/bin', { ...systemClock, schedule });
    const late = { message: expect.stringContaining('within 300 s'), isFinal: false };
    await expect(source.read(0, new Uint8Array(100_000), signal)).rejects.toMatchObject(late);
    await expect(source.digests(100_000, signal)).rejects.toMatchObject(late);
  });

  it('ends with the reason of the signal', async () => {
    replies = { 'fw/image/bin': () => contentOf(file) };
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(copy().read(0, new Uint8Array(10), stopped)).rejects.toThrow('enough');
  });
});
