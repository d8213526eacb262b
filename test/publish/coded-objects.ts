import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { BlockEncoder } from '../../dist/fec/index.js';
import { blockLength, blockOffset, type Geometry } from '../../dist/object/geometry.js';
import { CodedSource } from '../../dist/publish/symbols/coded-source.js';
import { CodingThread } from '../../dist/publish/symbols/coding-thread.js';
import { IntermediateCache } from '../../dist/publish/symbols/intermediate-cache.js';
import { FileSource } from '../../dist/store/file-source.js';
import { randomBytes } from '../fec/samples.js';

export const notAborted = { signal: new AbortController().signal, onProgress: () => undefined };

/** A file of random bytes in a new folder. */
export async function publishedFile(folder: string, sizeBytes: number, seed: number) {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'file');
  const content = randomBytes(sizeBytes, seed);
  await writeFile(path, content);
  const source = await FileSource.open(path);
  onTestFinished(() => source.close());
  return { path, content, source };
}

export function cacheIn(
  stateDir: string,
  more: { limitBytes?: number; nowMs?: () => number; threadCount?: number } = {},
): IntermediateCache {
  return new IntermediateCache({ stateDir, limitBytes: 1e9, threadCount: 2, ...more });
}

/** Stands for a digest: any text of 32 bytes is enough. */
export function digestOf(name: string): Uint8Array {
  return Buffer.from(name.padEnd(32, '.'));
}

/** A source of coded symbols over a cache. The test closes the source, or the source is closed when the test ends. */
export async function codedSource(
  cache: IntermediateCache,
  source: FileSource,
  geometry: Geometry,
  { name = 'object', heldBytes = 1e9, wantsSpools = false } = {},
) {
  const file = await cache.open(source, geometry, digestOf(name), notAborted);
  const thread = new CodingThread(heldBytes);
  const coded = new CodedSource(geometry, source, file, thread, wantsSpools);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= coded.close().then(() => thread.close());
    return closing;
  };
  onTestFinished(close);
  return { coded, close };
}

/** The symbol that the erasure code makes from the whole block. */
export function expectedSymbol(content: Uint8Array, geometry: Geometry, block: number, esi: number): Uint8Array {
  const start = blockOffset(geometry, block);
  const source = content.subarray(start, start + blockLength(geometry, block));
  const symbol = new Uint8Array(geometry.symbolBytes);
  BlockEncoder.fromSource(source, geometry.symbolBytes).encode(esi, symbol);
  return symbol;
}
