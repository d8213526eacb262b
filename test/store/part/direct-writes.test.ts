import { describe, expect, it } from 'vitest';
import { DirectWrites } from '../../../dist/store/part/direct-writes.js';

/** A disk that takes `pieceBytes` in each call, which lasts `callMs`. */
function disk({ pieceBytes = 1000, callMs = 0 } = {}) {
  const state = { nowMs: 0, callMs, written: Buffer.alloc(10) };
  const write = ((fd: number, bytes: Uint8Array, from: number, length: number, position: number) => {
    expect(fd).toBe(7);
    state.nowMs += state.callMs;
    const count = Math.min(length, pieceBytes);
    state.written.set(bytes.subarray(from, from + count), position);
    return count;
  }) as ConstructorParameters<typeof DirectWrites>[1];
  return { state, writes: new DirectWrites(7, write, () => state.nowMs) };
}

describe('direct writes', () => {
  it('write all bytes at their position, also where the system takes them in parts', () => {
    const { state, writes } = disk({ pieceBytes: 3 });
    writes.write(Buffer.from('abcdefgh'), 2);
    expect(state.written.toString('latin1')).toBe('\0\0abcdefgh');
  });

  it('are not ready for five times as long after one that took long', () => {
    const { state, writes } = disk({ callMs: 10 });
    writes.write(Buffer.from('a'), 0);
    expect(writes.isReady).toBe(true);
    state.callMs = 21;
    writes.write(Buffer.from('a'), 0);
    expect(writes.isReady).toBe(false);
    state.nowMs += 5 * 21 - 1;
    expect(writes.isReady).toBe(false);
    state.nowMs += 1;
    expect(writes.isReady).toBe(true);
  });

  it('throw what the system says', () => {
    const failure = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const fail = (() => {
      throw failure;
    }) as ConstructorParameters<typeof DirectWrites>[1];
    expect(() => new DirectWrites(7, fail).write(Buffer.from('a'), 0)).toThrow(failure);
  });
});
