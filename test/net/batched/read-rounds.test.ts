import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReadRounds } from '../../../dist/net/batched/read-rounds.js';

/** A socket on which datagrams wait. */
class FakeSocket {
  waitingCount = 0;
  readCount = 0;
  fillRatio = 0;
  isPatient = false;
  mostPauseMs: number | undefined;
  readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  read(): number {
    this.readCount++;
    const count = Math.min(64, this.waitingCount);
    this.waitingCount -= count;
    return count;
  }
}

describe('reading in rounds', () => {
  const sockets: FakeSocket[] = [];
  let askCount = 0;
  /** Fills in which sockets have datagrams, as poll(2) does. */
  const calls = {
    poll: (states: Int16Array, count: number) => {
      askCount++;
      const fds = new Int32Array(states.buffer);
      let readyCount = 0;
      for (let i = 0; i < count; i++) {
        const isReady = sockets.some(({ fd, waitingCount }) => fd === fds[2 * i] && waitingCount > 0);
        states[4 * i + 3] = isReady ? 1 : 0;
        if (isReady) readyCount++;
      }
      return readyCount;
    },
  };
  let rounds: ReadRounds;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
    askCount = 0;
    rounds = new ReadRounds(calls);
    sockets.splice(0, sockets.length, new FakeSocket(5), new FakeSocket(6), new FakeSocket(7));
    for (const socket of sockets) rounds.add(socket);
  });

  afterEach(() => {
    for (const socket of sockets) rounds.remove(socket);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('reads the sockets that have datagrams, and no others', () => {
    sockets[1]!.waitingCount = 3;
    vi.advanceTimersByTime(10);
    expect(sockets.map(({ readCount }) => readCount)).toEqual([0, 1, 0]);
  });

  it('lets no busy socket hold up the others', () => {
    for (const socket of sockets) socket.waitingCount = 640;
    for (let i = 0; i < 9; i++) vi.advanceTimersToNextTimer();
    expect(sockets.map(({ readCount }) => readCount)).toEqual([3, 3, 3]);
  });

  it('reads again at once while much waits', () => {
    sockets[0]!.waitingCount = 640;
    const startMs = performance.now();
    for (let i = 0; i < 10; i++) vi.advanceTimersToNextTimer();
    expect(sockets[0]!.waitingCount).toBe(0);
    // Pauses would take four times as long.
    expect(performance.now() - startMs).toBeLessThanOrEqual(10);
  });

  it('asks seldom while nothing comes, and more often when buffers fill', () => {
    vi.advanceTimersByTime(30_000);
    askCount = 0;
    vi.advanceTimersByTime(1000);
    expect(askCount).toBe(20);
    sockets[0]!.fillRatio = 0.2;
    const refill = () => {
      sockets[0]!.waitingCount = 5;
      vi.advanceTimersByTime(4);
    };
    sockets[0]!.waitingCount = 5;
    vi.advanceTimersByTime(50);
    for (let i = 0; i < 3; i++) refill();
    askCount = 0;
    for (let i = 0; i < 10; i++) {
      sockets[0]!.waitingCount = 5;
      vi.advanceTimersByTime(1);
    }
    expect(askCount).toBeGreaterThanOrEqual(9);
  });

  it('asks each 4 ms, and not each ms, while less than a sixteenth of a buffer fills', () => {
    const askedInASecond = (fillRatio: number) => {
      sockets[0]!.fillRatio = fillRatio;
      askCount = 0;
      for (let i = 0; i < 1000; i++) {
        sockets[0]!.waitingCount = 5;
        vi.advanceTimersByTime(1);
      }
      return askCount;
    };
    expect(askedInASecond(1 / 20)).toBeLessThanOrEqual(255);
    expect(askedInASecond(1 / 4)).toBeGreaterThan(900);
  });

  it('asks once a second while all owners are patient, more often as a buffer fills, and as for busy ones after a flood', () => {
    for (const socket of sockets) socket.isPatient = true;
    const asksIn = (ms: number) => {
      askCount = 0;
      vi.advanceTimersByTime(ms);
      return askCount;
    };
    vi.advanceTimersByTime(3000);
    expect(asksIn(10_000)).toBe(10);
    sockets[0]!.fillRatio = 0.4;
    sockets[0]!.waitingCount = 5;
    vi.advanceTimersByTime(1000);
    expect(sockets[0]!.waitingCount).toBe(0);
    sockets[0]!.fillRatio = 0.6;
    sockets[0]!.waitingCount = 5;
    vi.advanceTimersByTime(1000);
    expect(asksIn(900)).toBeGreaterThan(150);
    vi.advanceTimersByTime(1000);
    sockets[0]!.fillRatio = 0;
    expect(asksIn(2000)).toBeLessThanOrEqual(3);
    sockets[1]!.isPatient = false;
    vi.advanceTimersByTime(1000);
    expect(asksIn(100)).toBe(5);
  });

  it('asks as often as a socket needs whose owner cannot wait, however long nothing comes', () => {
    sockets[1]!.mostPauseMs = 10;
    vi.advanceTimersByTime(30_000);
    askCount = 0;
    vi.advanceTimersByTime(1000);
    expect(askCount).toBe(100);
  });

  it('goes on after a handler has thrown', () => {
    const [socket] = sockets;
    const read = socket!.read.bind(socket);
    socket!.read = () => {
      socket!.read = read;
      throw new Error('thrown in a handler');
    };
    socket!.waitingCount = 1;
    expect(() => vi.advanceTimersByTime(5)).toThrow('thrown in a handler');
    vi.advanceTimersByTime(10);
    expect(socket!.readCount).toBe(1);
  });
});
