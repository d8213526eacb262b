import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ScatteredFile } from '../../../dist/store/part/scattered-file.js';

const folder = mkdtempSync(join(tmpdir(), 'layercast-scattered-'));
const [part, target] = [join(folder, 'file.part'), join(folder, 'file')];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a file whose bytes come at any offset', () => {
  it('has the last bytes that were written to each place', async () => {
    const piece = fc.tuple(fc.nat(300_000), fc.uint8Array({ minLength: 1, maxLength: 2000 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 30 }), async (pieces) => {
        const sizeBytes = 302_000;
        const model = Buffer.alloc(sizeBytes);
        const file = await ScatteredFile.open(part, { sizeBytes, resume: false, mode: 0o600 });
        let end = 0;
        for (const [offset, bytes, follows] of pieces) {
          const at = follows && end + bytes.length <= sizeBytes ? end : offset;
          file.write(at, Buffer.concat([Buffer.alloc(3), bytes]), 3, bytes.length);
          model.set(bytes, at);
          end = at + bytes.length;
        }
        const read: Buffer[] = [];
        await file.eachPiece((bytes) => read.push(Buffer.from(bytes)));
        expect(Buffer.concat(read).equals(model)).toBe(true);
        await file.finish(target, async () => undefined);
        expect(readFileSync(target).equals(model)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('gives no other file the name', async () => {
    const file = await ScatteredFile.open(part, { sizeBytes: 3, resume: false, mode: 0o600 });
    rmSync(part);
    writeFileSync(part, 'abc');
    const target = join(folder, 'of somebody else');
    await expect(file.finish(target, async () => undefined)).rejects.toMatchObject({ code: 'FILE_IO' });
    expect(statSync(target, { throwIfNoEntry: false })).toBeUndefined();
    await file.close();
    rmSync(part);
  });

  it('keeps flushed bytes for the next run, and stays under its own name when the last step is refused', async () => {
    const options = { sizeBytes: 10, resume: true, mode: 0o600 };
    const first = await ScatteredFile.open(part, options);
    first.write(4, Buffer.from('abc'), 0, 3);
    await first.flush();
    await first.close();
    const second = await ScatteredFile.open(part, options);
    expect(second.resumed).toBe(true);
    const refused = second.finish(join(folder, 'never'), () => Promise.reject(new Error('lock lost')));
    await expect(refused).rejects.toThrow('lock lost');
    expect(readFileSync(part).toString('latin1')).toBe('\0\0\0\0abc\0\0\0');
    expect(statSync(join(folder, 'never'), { throwIfNoEntry: false })).toBeUndefined();
  });
});
