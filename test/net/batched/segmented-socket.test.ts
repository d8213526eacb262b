import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { BatchSystem } from '../../../dist/net/batched/batch-system.js';
import type { Layout } from '../../../dist/net/batched/layout.js';
import { SegmentedSocket } from '../../../dist/net/batched/segmented-socket.js';
import type { SocketCalls } from '../../../dist/net/batched/socket-calls.js';

const { EAGAIN, EINVAL, EIO, EMSGSIZE, ENETUNREACH, ENOBUFS } = constants.errno;
const UDP_SEGMENT = 103;

/** The layout of 64-bit machines with the low bytes first. */
const layout: Layout = {
  longWords: 2,
  lowWord: 0,
  messageWords: 16,
  name: 0,
  nameLength: 2,
  vector: 4,
  vectorLength: 6,
  control: 8,
  controlLength: 10,
  flags: 12,
  length: 14,
  controlHeaderWords: 4,
  sourceRequestBytes: 264,
  requestGroupAt: 8,
  requestSourceAt: 136,
};

/** A system that writes down which datagrams it takes, and refuses as it is told. */
class FakeSystem {
  /** The first byte of each datagram that was taken. */
  readonly taken: number[] = [];
  /** Calls of `send` and `sendmmsg`. */
  callCount = 0;
  optionCount = 0;
  segmentBytes = 0;
  readonly #memories = new Map<bigint, Uint8Array>();
  readonly #refusal: (segmentBytes: number, count: number, call: number) => number;

  /** @param refusal an errno for a call with this segment length (0 without segmentation) and number of datagrams; 0 takes them */
  constructor(refusal: (segmentBytes: number, count: number, call: number) => number = () => 0) {
    this.#refusal = refusal;
  }

  system(canSegment = true): BatchSystem {
    const calls = {
      setsockopt: (_fd: number, _level: number, name: number, value: Uint8Array) => {
        if (name !== UDP_SEGMENT) return;
        this.optionCount++;
        this.segmentBytes = new Int32Array(value.slice().buffer)[0]!;
      },
      send: (_fd: number, bytes: Uint8Array, length: number) => {
        const step = this.segmentBytes || length;
        const starts = Array.from({ length: Math.max(1, Math.ceil(length / step)) }, (_, i) => i * step);
        return this.#take(
          starts.length > 1 ? step : 0,
          starts.map((start) => bytes[start]!),
          length,
        );
      },
      sendmmsg: (_fd: number, headers: Uint8Array, count: number) => {
        const firsts = Array.from({ length: count }, (_, i) => this.#byteOf(headers, i));
        // The system takes what it can, here three at most.
        return this.#take(0, firsts.slice(0, 3), Math.min(3, count));
      },
    };
    const addressOf = (memory: ArrayBufferView) => {
      const address = BigInt(this.#memories.size + 1) << 32n;
      this.#memories.set(address >> 32n, new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength));
      return address;
    };
    const features = { canSegment, canCoalesce: true, hasTimes: true, hasDrops: true };
    return { calls: calls as unknown as SocketCalls, layout, addressOf, features };
  }

  #take(segmentBytes: number, firsts: readonly number[], result: number): number {
    const errno = this.#refusal(segmentBytes, firsts.length, this.callCount++);
    if (errno !== 0) return -errno;
    this.taken.push(...firsts);
    return result;
  }

  #byteOf(headers: Uint8Array, i: number): number {
    const words = new Uint32Array(headers.buffer);
    // The vectors follow the 64 headers.
    const vector = 64 * layout.messageWords + 4 * i;
    return this.#memories.get(BigInt(words[vector + 1]!))![words[vector]!]!;
  }
}

/** Datagrams of 4 bytes whose first byte is a number. */
function numbered(first: number, count: number, lastBytes = 4) {
  const bytes = new Uint8Array(4 * (count - 1) + lastBytes);
  for (let i = 0; i < count; i++) bytes[4 * i] = first + i;
  return { count, bytes, datagramBytes: 4 };
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
/** No system has this descriptor, and no test closes it. */
const FD = 2 ** 20;

describe('a batch to send', () => {
  it('leaves in one call, and the segment length is set only when it changes', async () => {
    const fake = new FakeSystem();
    const socket = new SegmentedSocket(fake.system(), FD, '::1');
    expect(await socket.send(numbered(0, 10))).toEqual({ sentCount: 10, failure: undefined });
    expect(await socket.send(numbered(10, 5, 1))).toEqual({ sentCount: 5, failure: undefined });
    expect(await socket.send(numbered(15, 1))).toEqual({ sentCount: 1, failure: undefined });
    expect(fake.taken).toEqual(range(16));
    expect(fake.callCount).toBe(3);
    expect(fake.optionCount).toBe(1);
  });

  it('of more than 64 datagrams leaves in several calls', async () => {
    const fake = new FakeSystem();
    const socket = new SegmentedSocket(fake.system(), FD, '::1');
    expect(await socket.send(numbered(0, 150))).toEqual({ sentCount: 150, failure: undefined });
    expect(fake.taken).toEqual(range(150));
    expect(fake.callCount).toBe(3);
  });

  it.each([
    ['EIO: the device computes no checksums', EIO],
    ['EINVAL', EINVAL],
    ['EMSGSIZE: the path takes shorter packets', EMSGSIZE],
  ])(
    'leaves one by one, each datagram once, where it cannot be segmented (%s); later ones do not try',
    async (_, errno) => {
      const fake = new FakeSystem((segmentBytes) => (segmentBytes === 0 ? 0 : errno));
      const socket = new SegmentedSocket(fake.system(), FD, '::1');
      expect(await socket.send(numbered(0, 10))).toEqual({ sentCount: 10, failure: undefined });
      const callCount = fake.callCount;
      expect(await socket.send(numbered(10, 6))).toEqual({ sentCount: 6, failure: undefined });
      expect(fake.taken).toEqual(range(16));
      // Three datagrams a call, and no call that is refused.
      expect(fake.callCount).toBe(callCount + 2);
      expect(fake.segmentBytes).toBe(0);
    },
  );

  it('is segmented again when the interface takes longer packets again', async () => {
    let [isShort, nowMs] = [true, 0];
    const fake = new FakeSystem((segmentBytes) => (isShort && segmentBytes > 0 ? EMSGSIZE : 0));
    const socket = new SegmentedSocket(fake.system(), FD, '::1', () => nowMs);
    const callsFor = async (first: number) => {
      const before = fake.callCount;
      expect(await socket.send(numbered(first, 6))).toEqual({ sentCount: 6, failure: undefined });
      return fake.callCount - before;
    };
    expect(await callsFor(0)).toBe(3);
    isShort = false;
    nowMs = 9_000;
    expect(await callsFor(6)).toBe(2);
    nowMs = 11_000;
    expect(await callsFor(12)).toBe(1);
    isShort = true;
    expect([await callsFor(18), await callsFor(24)]).toEqual([3, 2]);
    expect(fake.taken).toEqual(range(30));
  });

  it('leaves one by one on a kernel without segmentation', async () => {
    const fake = new FakeSystem();
    const socket = new SegmentedSocket(fake.system(false), FD, '::1');
    expect(await socket.send(numbered(0, 7))).toEqual({ sentCount: 7, failure: undefined });
    expect(fake.taken).toEqual(range(7));
    expect(fake.optionCount).toBe(0);
  });

  it.each([
    ['EAGAIN', EAGAIN],
    ['ENOBUFS', ENOBUFS],
  ])('waits for room (%s), and batches keep their order', async (_, errno) => {
    const fake = new FakeSystem((_segmentBytes, _count, call) => (call % 3 === 2 ? 0 : errno));
    const socket = new SegmentedSocket(fake.system(), FD, '::1');
    const results = await Promise.all([numbered(0, 4), numbered(4, 1), numbered(5, 3)].map((one) => socket.send(one)));
    expect(results.map(({ sentCount }) => sentCount)).toEqual([4, 1, 3]);
    expect(fake.taken).toEqual(range(8));
  });

  it('is given up when the kernel has no memory for long, and the next batch is tried', async () => {
    let isFull = true;
    const fake = new FakeSystem(() => (isFull ? ENOBUFS : 0));
    const socket = new SegmentedSocket(fake.system(), FD, '::1');
    expect(await socket.send(numbered(0, 4))).toEqual({ sentCount: 0, failure: 'ENOBUFS' });
    isFull = false;
    expect(await socket.send(numbered(4, 4))).toEqual({ sentCount: 4, failure: undefined });
  });

  it('that the system refuses in any way is counted, with the reason, and the next one can be segmented again', async () => {
    let isGone = true;
    const fake = new FakeSystem(() => (isGone ? ENETUNREACH : 0));
    const socket = new SegmentedSocket(fake.system(), FD, '::1');
    expect(await socket.send(numbered(0, 40))).toEqual({ sentCount: 0, failure: 'ENETUNREACH' });
    // As segments and as single datagrams, and not once for each datagram.
    expect(fake.callCount).toBe(2);
    isGone = false;
    expect(await socket.send(numbered(0, 40))).toEqual({ sentCount: 40, failure: undefined });
    expect(fake.callCount).toBe(3);
  });

  it('is refused when a thousand others wait', async () => {
    let isFull = true;
    const fake = new FakeSystem(() => (isFull ? EAGAIN : 0));
    const socket = new SegmentedSocket(fake.system(), FD, '::1');
    const sends = Array.from({ length: 1024 }, () => socket.send(numbered(0, 1)));
    expect(await socket.send(numbered(0, 3))).toEqual({ sentCount: 0, failure: 'ENOBUFS' });
    isFull = false;
    await Promise.all(sends);
    expect(fake.taken).toHaveLength(1024);
  });
});
