import { describe, expect, it } from 'vitest';
import { DatagramCursor } from '../../dist/base/datagram-cursor.js';
import type { ReceivedBatch } from '../../dist/base/ports.js';

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);

function batchOf(
  ...messages: readonly (readonly [start: number, length: number, segmentBytes: number])[]
): ReceivedBatch {
  return {
    count: messages.length,
    // The entries beyond `count` belong to an earlier batch.
    buffers: [...messages.map(() => bytes), new Uint8Array(9)],
    starts: [...messages.map(([start]) => start), 0],
    lengths: [...messages.map(([, length]) => length), 9],
    segmentBytes: [...messages.map(([, , segmentBytes]) => segmentBytes), 3],
    arrivalsUs: messages.map((_, i) => 1000 + i),
    sourceIds: messages.map((_, i) => 70 + i),
    droppedCount: 0,
  };
}

function walk(cursor: DatagramCursor, batch: ReceivedBatch) {
  const datagrams: (readonly number[])[] = [];
  for (cursor.begin(batch); cursor.next(); ) {
    expect(cursor.bytes).toBe(bytes);
    datagrams.push([cursor.start, cursor.length, cursor.arrivalUs, cursor.sourceId]);
  }
  return datagrams;
}

describe('a cursor over the datagrams of a batch', () => {
  it('cuts each message into datagrams, the last of which may be shorter, with arrival time and source of each', () => {
    expect(walk(new DatagramCursor(), batchOf([7, 25, 10], [40, 20, 10], [90, 4, 4]))).toEqual([
      [7, 10, 1000, 70],
      [17, 10, 1000, 70],
      [27, 5, 1000, 70],
      [40, 10, 1001, 71],
      [50, 10, 1001, 71],
      [90, 4, 1002, 72],
    ]);
  });

  it('tells which datagrams have a time of arrival of their own: the first of each message', () => {
    const cursor = new DatagramCursor();
    const own: boolean[] = [];
    for (cursor.begin(batchOf([7, 25, 10], [40, 4, 4], [50, 8, 4])); cursor.next(); ) own.push(cursor.hasOwnArrival);
    expect(own).toEqual([true, false, false, true, true, false]);
  });

  it('shows a datagram of length 0', () => {
    expect(walk(new DatagramCursor(), batchOf([0, 0, 0], [5, 3, 3], [8, 0, 0]))).toEqual([
      [0, 0, 1000, 70],
      [5, 3, 1001, 71],
      [8, 0, 1002, 72],
    ]);
  });

  it('treats a message without a segment size as one datagram', () => {
    expect(walk(new DatagramCursor(), batchOf([3, 50, 0]))).toEqual([[3, 50, 1000, 70]]);
  });

  it('walks any number of batches, empty ones too', () => {
    const cursor = new DatagramCursor();
    expect(walk(cursor, batchOf([7, 25, 10]))).toHaveLength(3);
    expect(walk(cursor, batchOf())).toEqual([]);
    expect(walk(cursor, batchOf([0, 2, 2]))).toEqual([[0, 2, 1000, 70]]);
  });
});
