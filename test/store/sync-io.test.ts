import { closeSync, openSync, readFileSync, type writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWholly, writeWholly } from '../../dist/store/sync-io.js';
import { scratchDirectory } from './scratch.js';

const path = join(await scratchDirectory(), 'file');

describe('whole reads and writes', () => {
  it('write all bytes at their position, and read as many as there are', () => {
    const fd = openSync(path, 'w+');
    writeWholly(fd, Buffer.from('abcdef'), 2);
    expect(readFileSync(path, 'latin1')).toBe('\0\0abcdef');
    const into = Buffer.alloc(4);
    expect([readWholly(fd, into, 3), into.toString()]).toEqual([4, 'bcde']);
    expect([readWholly(fd, into, 6), into.toString()]).toEqual([2, 'efde']);
    expect(readWholly(fd, into, 8)).toBe(0);
    closeSync(fd);
  });

  it('go on after a write that took a part', () => {
    const written: string[] = [];
    const two = ((_: number, bytes: Uint8Array, from: number, length: number, position: number) => {
      const count = Math.min(2, length);
      written.push(`${position}:${Buffer.from(bytes.subarray(from, from + count))}`);
      return count;
    }) as typeof writeSync;
    writeWholly(0, Buffer.from('abcde'), 10, two);
    expect(written).toEqual(['10:ab', '12:cd', '14:e']);
  });
});
