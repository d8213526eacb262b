// The object of the crash test: every symbol's bytes follow from its number.
import { join } from 'node:path';
import { blockCountFor, type Geometry, geometryOf, symbolLength } from '../../dist/object/geometry.js';
import type { JournalIdentity } from '../../dist/store/journal.js';

export function identityOf(sizeBytes: number): JournalIdentity {
  const geometry = geometryOf(sizeBytes, 1184, blockCountFor(sizeBytes, 1184, 1000));
  return { tag: new Uint8Array(8), geometry, sha256: new Uint8Array(32), fleet: 'f', object: 'o', version: 1 };
}

export function pathsIn(directory: string) {
  return {
    partPath: join(directory, 'out.part'),
    journalPath: join(directory, 'out.journal'),
    target: join(directory, 'out'),
  };
}

export function bytesOfSymbol(geometry: Geometry, symbol: number): Buffer {
  return Buffer.alloc(symbolLength(geometry, symbol), `symbol ${symbol + 1}.`);
}
