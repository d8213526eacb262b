import { type Geometry, geometryOf } from '../../object/geometry.js';
import type { SymbolSource } from '../../sender/slab.js';
import { SourceSymbols } from '../../sender/source-symbols.js';
import { NO_CODE } from '../../wire/descriptor.js';
import type { PreparedObject } from '../prepared-object.js';
import { CodedSource } from './coded-source.js';
import type { CodingThread } from './coding-thread.js';
import type { IntermediateCache } from './intermediate-cache.js';
import type { FastChannel } from './object-spools.js';

/** Bytes between two reports of progress, as for `hashing`. */
const PROGRESS_BYTES = 64e6;

/** The payloads of an object's datagrams; `close` when no more are read. */
export interface ObjectSymbols extends SymbolSource {
  close(): Promise<void>;
}

export interface SymbolOptions {
  readonly cache: IntermediateCache;
  readonly thread: CodingThread;
  readonly signal: AbortSignal;
  /** Channels for which repair symbols are made ahead (`fastChannels`). */
  readonly fastChannels: readonly FastChannel[];
  /** Called while an object is encoded; each content is encoded once. */
  readonly onEncoding: (encodedBytes: number, totalBytes: number) => void;
}

/**
 * The symbols of an object, as its descriptor describes them.
 *
 * @throws {LayercastError} `DISK_FULL`, `OBJECT_CHANGED`, `ABORTED`, …
 */
export async function symbolsOf(
  prepared: Pick<PreparedObject, 'descriptor' | 'source'>,
  options: SymbolOptions,
): Promise<ObjectSymbols> {
  const { descriptor, source } = prepared;
  const { sizeBytes, symbolBytes, blockCount, fecEncodingId, sha256 } = descriptor;
  const geometry: Geometry = geometryOf(sizeBytes, symbolBytes, blockCount);
  const sources = new SourceSymbols(source, geometry);
  if (fecEncodingId === NO_CODE || sizeBytes === 0) {
    return {
      symbolBytes,
      read: (runs, into, strideBytes) => sources.read(runs, into, strideBytes),
      close: async () => undefined,
    };
  }
  const file = await options.cache.open(source, geometry, sha256, {
    signal: options.signal,
    onProgress: (encodedBytes) => options.onEncoding(encodedBytes, sizeBytes),
  });
  const { thread, signal, cache, fastChannels } = options;
  const coded = new CodedSource(geometry, source, file, thread, fastChannels.length > 0);
  try {
    let toldBytes = 0;
    const onProgress = (madeRatio: number) => {
      const madeBytes = Math.floor(madeRatio * sizeBytes);
      if (madeBytes < Math.min(sizeBytes, toldBytes + PROGRESS_BYTES)) return;
      toldBytes = madeBytes;
      options.onEncoding(madeBytes, sizeBytes);
    };
    if (fastChannels.length > 0) await coded.openSpools(fastChannels, cache.folder, signal, onProgress);
    return coded;
  } catch (error) {
    await coded.close();
    throw error;
  }
}
