import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { geometryOf } from '../../../dist/object/geometry.js';
import { SymbolRuns } from '../../../dist/sender/symbol-runs.js';
import { scratchDirectory } from '../../store/scratch.js';
import { cacheIn, codedSource, expectedSymbol, publishedFile } from '../coded-objects.js';

const scratch = await scratchDirectory();
const original = Worker.prototype.postMessage;

afterEach(() => vi.restoreAllMocks());

/** A call that makes a repair symbol of an object, and the threads that were started since. */
async function rig(name: string) {
  const folder = join(scratch, name);
  await mkdir(folder, { recursive: true });
  const { source, content } = await publishedFile(folder, 30_000, 1);
  const geometry = geometryOf(30_000, 100, 3);
  const workers: Worker[] = [];
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...args) {
    if (!workers.includes(this)) workers.push(this);
    return original.apply(this, args as Parameters<Worker['postMessage']>);
  });
  const { coded } = await codedSource(cacheIn(folder), source, geometry);
  const symbol = async () => {
    const into = new Uint8Array(new SharedArrayBuffer(100));
    await coded.read(SymbolRuns.of([{ block: 1, firstEsi: 200, start: 0, count: 1 }]), into, 100);
    expect(Buffer.compare(into, expectedSymbol(content, geometry, 1, 200))).toBe(0);
  };
  return { symbol, workers };
}
describe('the coding thread', () => {
  it('that dies is replaced by one that knows the open objects', async () => {
    const { symbol, workers } = await rig('replaced');
    await symbol();
    const first = workers.at(-1)!;
    await first.terminate();
    await symbol();
    expect(workers.at(-1)).not.toBe(first);
  });

  it('that dies during its work leaves the work to the next one', async () => {
    const { symbol, workers } = await rig('at work');
    await symbol();
    const first = workers.at(-1)!;
    // It dies instead of taking the work, so that the work is certainly not done before.
    let isFirst = true;
    const passOn = vi.mocked(Worker.prototype.postMessage).getMockImplementation()!;
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...args) {
      if (isFirst && this === first) {
        isFirst = false;
        void this.terminate();
        return;
      }
      passOn.apply(this, args as Parameters<Worker['postMessage']>);
    });
    await Promise.all([symbol(), symbol()]);
    expect(workers.at(-1)).not.toBe(first);
  });

  it('that dies twice over a request fails the request, but not the next request', async () => {
    const { symbol, workers } = await rig('given up');
    await symbol();
    let killCount = 0;
    vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...args) {
      if (killCount++ < 6) void this.terminate();
      else original.apply(this, args as Parameters<Worker['postMessage']>);
    });
    await expect(symbol()).rejects.toMatchObject({ code: 'THREAD_LOST' });
    killCount = 6;
    await symbol();
    expect(workers.length).toBeGreaterThan(0);
  });
});
