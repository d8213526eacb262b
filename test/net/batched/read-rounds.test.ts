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
    rounds = new ReadRounds(calls, true);
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

  /** Datagrams come at a steady rate; each socket has read this part of its buffer for each millisecond of the pause. @returns asks in a second */
  const asksAtRate = (ratioEachMs: number): number => {
    for (const socket of sockets) {
      let readMs = performance.now();
      socket.read = () => {
        socket.fillRatio = ratioEachMs * (performance.now() - readMs);
        readMs = performance.now();
        return 1;
      };
      socket.waitingCount = 1;
    }
    vi.advanceTimersByTime(3000);
    askCount = 0;
    vi.advanceTimersByTime(1000);
    return askCount;
  };

  it('asks as often as a tenth to an eighth of a buffer fills', () => {
    expect(asksAtRate(0)).toBeLessThanOrEqual(16);
    // Three sockets together: an eighth of a buffer in 10 ms.
    const asks = asksAtRate(1 / 8 / 10 / 3);
    expect(asks).toBeGreaterThanOrEqual(99);
    expect(asks).toBeLessThanOrEqual(220);
    expect(asksAtRate(1 / 8)).toBeGreaterThan(900);
  });

  it('counts what it reads in several rounds at once as filled in one pause', () => {
    const [socket] = sockets;
    // 64 datagrams of their own buffers are a fiftieth of 8 MB.
    socket!.fillRatio = 1 / 50;
    vi.advanceTimersByTime(3000);
    socket!.waitingCount = 64 * 50;
    while (socket!.waitingCount > 0) vi.advanceTimersToNextTimer();
    vi.advanceTimersToNextTimer();
    askCount = 0;
    vi.advanceTimersByTime(64);
    expect(askCount).toBeGreaterThanOrEqual(5);
  });

  it('pauses for a sixteenth of the time since the last socket was opened', () => {
    for (const [afterMs, mostMs] of [
      [32, 4],
      [160, 12],
      [640, 44],
    ] as const) {
      const opened = new FakeSocket(8);
      rounds.add(opened);
      rounds.remove(opened);
      vi.advanceTimersByTime(afterMs);
      askCount = 0;
      vi.advanceTimersByTime(mostMs);
      expect(askCount).toBeGreaterThanOrEqual(1);
    }
  });

  it('asks each 4 ms at least where the system tells no arrival times', () => {
    for (const socket of sockets) rounds.remove(socket);
    rounds = new ReadRounds(calls, false);
    for (const socket of sockets) rounds.add(socket);
    vi.advanceTimersByTime(3000);
    askCount = 0;
    vi.advanceTimersByTime(1000);
    expect(askCount).toBe(250);
  });

  it('reads at once, when it is asked to, all that a pause lets arrive', () => {
    vi.advanceTimersByTime(3000);
    sockets[0]!.waitingCount = 400;
    sockets[1]!.waitingCount = 1;
    rounds.readArrived();
    expect(sockets.map(({ waitingCount }) => waitingCount)).toEqual([0, 0, 0]);
  });

  it('wakes up no more by itself than it is asked to read', () => {
    vi.advanceTimersByTime(3000);
    rounds.readArrived();
    askCount = 0;
    for (let i = 0; i < 20; i++) {
      vi.advanceTimersByTime(50);
      rounds.readArrived();
    }
    expect(askCount).toBe(20);
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
    while (sockets[0]!.waitingCount > 0) vi.advanceTimersToNextTimer();
    expect(asksIn(900)).toBeGreaterThan(50);
    vi.advanceTimersByTime(1000);
    sockets[0]!.fillRatio = 0;
    expect(asksIn(2000)).toBeLessThanOrEqual(3);
    sockets[1]!.isPatient = false;
    vi.advanceTimersByTime(1000);
    expect(asksIn(100)).toBeGreaterThanOrEqual(1);
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
