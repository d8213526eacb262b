import { type Geometry, geometryOf } from '../../object/geometry.js';
import type { SymbolSource } from '../../sender/slab.js';
import { SourceSymbols } from '../../sender/source-symbols.js';
import { NO_CODE } from '../../wire/descriptor.js';
import type { PreparedObject } from '../prepared-object.js';
import { CodedSource } from './coded-source.js';
import type { CodingThread } from './coding-thread.js';
import type { IntermediateCache } from './intermediate-cache.js';

/** The payloads of an object's datagrams, and what has to be closed after the last of them. */
export interface ObjectSymbols extends SymbolSource {
  close(): Promise<void>;
}

export interface SymbolOptions {
  readonly cache: IntermediateCache;
  readonly thread: CodingThread;
  readonly signal: AbortSignal;
  /** Called while an object is encoded, which happens once per content. */
  readonly onEncoding: (encodedBytes: number, totalBytes: number) => void;
}

/**
 * The symbols that the descriptor of an object promises.
 *
 * @throws {LayercastError} `DISK_FULL`, `OBJECT_CHANGED`, `ABORTED`, …
 */
export async function symbolsOf(prepared: PreparedObject, options: SymbolOptions): Promise<ObjectSymbols> {
  const { descriptor, source } = prepared;
  const { sizeBytes, symbolBytes, blockCount, fecEncodingId, sha256 } = descriptor;
  const geometry: Geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
  const sources = new SourceSymbols(source, geometry);
  if (fecEncodingId === NO_CODE || sizeBytes === 0) {
    return { symbolBytes, read: (runs, into) => sources.read(runs, into), close: async () => undefined };
  }
  const file = await options.cache.open(source, geometry, sha256, {
    signal: options.signal,
    onProgress: (encodedBytes) => options.onEncoding(encodedBytes, sizeBytes),
  });
  return new CodedSource(geometry, sources, file, options.thread);
}
