// The object of the crash test: every symbol's bytes follow from its number, a guest's from its block and ESI.
import { join } from 'node:path';
import {
  blockCountFor,
  blockSymbolCount,
  firstSymbolOf,
  type Geometry,
  geometryOf,
  symbolLength,
} from '../../dist/object/geometry.js';
import type { JournalIdentity } from '../../dist/store/journal/journal-identity.js';
import { type Descriptor, objectTag } from '../../dist/wire/descriptor.js';

export function descriptorOf(geometry: Pick<Geometry, 'sizeBytes' | 'symbolBytes' | 'blockCount'>): Descriptor {
  const { sizeBytes, symbolBytes, blockCount } = geometry;
  return {
    fleet: 'f',
    object: 'o',
    version: 1,
    sizeBytes,
    symbolBytes,
    blockCount,
    fecEncodingId: 6,
    sha256: new Uint8Array(32),
    blockRoot: new Uint8Array(32),
    mode: 'several',
    ssm: false,
    channels: [],
    servers: [],
    createdS: 0,
    expiresS: undefined,
  };
}

export function identityOf(sizeBytes: number): JournalIdentity {
  const geometry = geometryOf(sizeBytes, 1184, blockCountFor(sizeBytes, 1184, 1000));
  const descriptor = descriptorOf(geometry);
  const { fleet, object, version, sha256 } = descriptor;
  return { tag: objectTag(descriptor), geometry, sha256, fleet, object, version };
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

export function bytesOfGuest(geometry: Geometry, block: number, esi: number): Buffer {
  return Buffer.alloc(geometry.symbolBytes, `guest ${esi} of ${block}.`);
}

export function bytesOfBlock(geometry: Geometry, block: number): Buffer {
  const [first, count] = blockRun(geometry, block);
  return Buffer.concat(Array.from({ length: count }, (_, i) => bytesOfSymbol(geometry, first + i)));
}

export function blockRun(geometry: Geometry, block: number): readonly [first: number, count: number] {
  return [firstSymbolOf(geometry, block), blockSymbolCount(geometry, block)];
}
