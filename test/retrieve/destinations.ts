import { createHash } from 'node:crypto';
import { geometryOf } from '../../dist/object/geometry.js';
import type { ObjectStore } from '../../dist/receiver/assemble/object-store.js';
import { RestoringThreads } from '../../dist/retrieve/block-restorer.js';
import type { Destination } from '../../dist/retrieve/destination.js';
import { FileDestination } from '../../dist/retrieve/file-destination.js';
import { type DestinationOptions, openDestination as open } from '../../dist/retrieve/open-destination.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';
import { bytesOfBlock, bytesOfSymbol, descriptorOf } from '../store/crash-object.js';

export const GEOMETRY = geometryOf(100 * 1200 - 7, 1200, 1);
export const CONTENT = bytesOfBlock(GEOMETRY, 0);
export const DESCRIPTOR: Descriptor = {
  ...descriptorOf(GEOMETRY),
  sha256: createHash('sha256').update(CONTENT).digest(),
};

/** The destination of an object of 100 symbols. */
export async function openDestination(
  output: string,
  stateDir: string,
  more: Partial<DestinationOptions> = {},
): Promise<FileDestination> {
  const { signal } = new AbortController();
  const name = { fleet: 'f', object: 'o', keyFingerprint: 'ab' };
  const opened = await open({ ...name, output, journalDir: undefined, stateDir, signal, ...more });
  if (!(opened instanceof FileDestination)) throw new Error(`${output} is no file`);
  return opened;
}

/** The store of a destination that is not complete. */
export async function storeOf(destination: Pick<Destination, 'open'>): Promise<ObjectStore> {
  const opened = await destination.open(DESCRIPTOR, NO_RESTORER);
  if (opened.kind !== 'store') throw new Error(`the destination is ${opened.kind}`);
  return opened.store;
}

/** Writes symbols `first .. first + count`, each of which the store has to take. */
export function fill(store: ObjectStore, first = 0, count = GEOMETRY.symbolCount): void {
  for (let symbol = first; symbol < first + count; symbol++) {
    const bytes = bytesOfSymbol(GEOMETRY, symbol);
    // The object has one block, so a symbol's number is its ESI.
    if (!store.writeSymbol(symbol, symbol, bytes, 0, bytes.length)) throw new Error(`symbol ${symbol} refused`);
  }
}

/** For objects that need no restoring. */
export const NO_RESTORER = new RestoringThreads(1);
