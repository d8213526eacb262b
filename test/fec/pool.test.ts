import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { BlockEncoder, CodingPool } from '../../dist/fec/index.js';
import { randomBytes } from './samples.js';

const pool = new CodingPool({ workerCount: 2 });
afterAll(() => pool.close());

/** A block of 64 symbols that lost the symbols in [first, first + 8), and eight repair symbols. */
function damaged(source: Uint8Array, first: number, memory: Uint8Array) {
  const encoder = BlockEncoder.fromSource(source, 16);
  memory.set(source);
  memory.fill(0, first * 16, (first + 8) * 16);
  const esis = Int32Array.from({ length: 64 + 9 }, (_, row) => row);
  esis.fill(-1, first, first + 8);
  const spare = new Uint8Array(9 * 16);
  encoder.encodeRun(64, 9, spare);
  return { block: memory, spare, esis };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

describe('CodingPool', () => {
  it('solves more blocks than it has workers, each in its own memory', async () => {
    const sources = Array.from({ length: 20 }, (_, i) => randomBytes(1024, i));
    const blocks = sources.map((source, i) => damaged(source, i, new Uint8Array(1024)));
    expect(await Promise.all(blocks.map((block) => pool.solve(block, 16, 1024)))).toEqual(sources.map(sha256));
    for (const [i, { block }] of blocks.entries()) expect(block).toEqual(sources[i]);
  });

  it('prepares all its threads for a block size, and refuses an impossible size', async () => {
    await pool.prepare(64, 2);
    const source = randomBytes(1024, 78);
    const block = damaged(source, 5, new Uint8Array(1024));
    expect(await pool.solve(block, 16, 1024)).toEqual(sha256(source));
    expect(block.block).toEqual(source);
    await expect(pool.prepare(0, 1)).rejects.toMatchObject({ code: 'FEC_INVALID' });
  });

  it('solves a block in shared memory, and a block in the middle of other memory', async () => {
    const source = randomBytes(1024, 77);
    const shared = damaged(source, 3, new Uint8Array(new SharedArrayBuffer(1024)));
    expect(await pool.solve(shared, 16, 1024)).toEqual(sha256(source));
    expect(Uint8Array.from(shared.block)).toEqual(source);
    const around = new Uint8Array(2000).fill(9);
    const inside = damaged(source, 3, around.subarray(100, 1124));
    expect(await pool.solve(inside, 16, 1024)).toEqual(sha256(source));
    expect(around.subarray(100, 1124)).toEqual(source);
    expect(around.subarray(0, 100)).toEqual(new Uint8Array(100).fill(9));
    expect(around.subarray(1124)).toEqual(new Uint8Array(876).fill(9));
  });

  it('solves a block whose symbols lie in any order, and hashes it in its thread', async () => {
    const source = randomBytes(1024, 79);
    const encoder = BlockEncoder.fromSource(source, 16);
    // Source and repair symbols in no order, and two source symbols among the spare ones.
    const received = [...Array.from({ length: 60 }, (_, i) => (i * 7) % 64), 100, 101, 102, 103, 3, 5].filter(
      (esi, i, all) => all.indexOf(esi) === i,
    );
    const esis = Int32Array.from({ length: 64 + 16 }, (_, i) => received[i] ?? -1);
    for (const Memory of [ArrayBuffer, SharedArrayBuffer]) {
      const block = new Uint8Array(new Memory(1024));
      const spare = new Uint8Array(16 * 16);
      for (const [i, esi] of received.entries()) {
        encoder.encode(esi, i < 64 ? block.subarray(i * 16, (i + 1) * 16) : spare.subarray((i - 64) * 16));
      }
      const digest = await pool.solve({ block, spare, esis: esis.slice() }, 16, 1000);
      expect(Uint8Array.from(block)).toEqual(source);
      expect(digest).toEqual(sha256(source.subarray(0, 1000)));
    }
    const few = { block: new Uint8Array(1024), spare: new Uint8Array(256), esis: new Int32Array(80).fill(-1) };
    expect(await pool.solve(few, 16, 1024)).toBeUndefined();
    const twice = { block: new Uint8Array(1024), spare: new Uint8Array(256), esis: new Int32Array(80).fill(7) };
    await expect(pool.solve(twice, 16, 1024)).rejects.toMatchObject({ code: 'FEC_INVALID' });
  });

  it('returns no digest when symbols are too few, and leaves the block as it was', async () => {
    const partial = damaged(randomBytes(1024, 5), 0, new Uint8Array(1024));
    partial.esis.fill(-1, 64);
    const before = partial.block.slice();
    expect(await pool.solve(partial, 16, 1024)).toBeUndefined();
    expect(partial.block).toEqual(before);
  });

  it('passes errors on and keeps working', async () => {
    const block = { block: new Uint8Array(10), spare: new Uint8Array(0), esis: new Int32Array(9) };
    await expect(pool.solve(block, 1, 10)).rejects.toMatchObject({ code: 'FEC_INVALID', hint: expect.any(String) });
    await pool.prepare(10, 1);
  });

  it('rejects what is left when it is closed, and everything after', async () => {
    const closing = new CodingPool({ workerCount: 1 });
    const ends = Promise.allSettled([1, 2, 3].map(() => closing.prepare(10_000, 1)));
    await closing.close();
    for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } });
    await expect(closing.prepare(1, 1)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('bounds how many blocks wait', async () => {
    const full = new CodingPool({ workerCount: 1 });
    const ends = await Promise.allSettled(Array.from({ length: 300 }, () => full.prepare(10, 1)));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(257);
    expect(ends.at(-1)).toMatchObject({ reason: { code: 'INTERNAL' } });
    await full.close();
  });

  it('refuses to have no workers', () => {
    for (const workerCount of [0, -1, 1.5, Number.NaN]) {
      expect(() => new CodingPool({ workerCount })).toThrow(expect.objectContaining({ code: 'FEC_INVALID' }));
    }
  });

  it('works from nothing but the built files, and lets the process end', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fec-'));
    try {
      cpSync(fileURLToPath(new URL('../../dist/fec', import.meta.url)), join(folder, 'fec'), { recursive: true });
      for (const other of ['base', 'work']) {
        cpSync(fileURLToPath(new URL(`../../dist/${other}`, import.meta.url)), join(folder, other), {
          recursive: true,
        });
      }
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      const script = `import { CodingPool } from './fec/index.js';
        await new CodingPool({ workerCount: 2 }).prepare(100, 2);
        console.log('prepared');`;
      writeFileSync(join(folder, 'main.js'), script);
      expect(execFileSync(process.execPath, [join(folder, 'main.js')], { encoding: 'utf8', timeout: 20_000 })).toBe(
        'prepared\n',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
