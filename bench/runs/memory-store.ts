import { geometryOf } from '../../dist/object/geometry.js';
import { Holdings } from '../../dist/object/holdings.js';
import { SymbolSet } from '../../dist/object/symbol-set.js';
import type { ObjectStore } from '../../dist/receiver/assemble/object-store.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

/** A store that copies symbols of an object without a code into memory and proves nothing. */
export class MemoryStore implements ObjectStore {
  readonly holdings: Holdings;
  readonly verifiedBlocks: SymbolSet;
  readonly restoresAtOnce = 1;
  readonly #bytes: Uint8Array;
  readonly #symbolBytes: number;

  constructor({ sizeBytes, symbolBytes, blockCount }: Descriptor) {
    this.holdings = new Holdings(geometryOf(sizeBytes, symbolBytes, blockCount));
    this.verifiedBlocks = new SymbolSet(blockCount);
    // Filled, so that the system has given the memory before anything is measured.
    this.#bytes = new Uint8Array(sizeBytes).fill(1);
    this.#symbolBytes = symbolBytes;
  }

  writeSymbol(place: number, _esi: number, bytes: Uint8Array, start: number, length: number): boolean {
    this.#bytes.set(bytes.subarray(start, start + length), place * this.#symbolBytes);
    this.holdings.addOwn(place);
    return true;
  }

  async read(): Promise<void> {}
  async restoreBlock(): Promise<'wrong'> {
    return 'wrong';
  }
  acceptBlock(): void {}
  rejectPlaces(): void {}
  async checkpoint(): Promise<void> {}
  async commit(): Promise<void> {}
  async close(): Promise<void> {}
  async discard(): Promise<void> {}
}
