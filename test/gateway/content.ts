import { createHash, randomBytes } from 'node:crypto';
import type { WholeFile } from '../../dist/gateway/served-version.js';
import { geometryOf } from '../../dist/object/geometry.js';
import { SymbolSet } from '../../dist/object/symbol-set.js';
import type { ObjectStore } from '../../dist/receiver/assemble/object-store.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

export const SYMBOL_BYTES = 100;
export const BLOCKS = 10;

/** A content with a store whose blocks a test proves, and the file that it becomes. */
export class Content {
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
  readonly file: WholeFile & { isClosed: boolean };
  isCommitted = false;

  constructor(object: string, version: number, sizeBytes = 19_950) {
    this.bytes = randomBytes(sizeBytes);
    const sha256 = createHash('sha256').update(this.bytes).digest();
    this.descriptor = { object, version, sizeBytes, sha256 } as unknown as Descriptor;
    const { bytes } = this;
    this.file = {
      isClosed: false,
      async read(offset, into) {
        if (this.isClosed) throw new Error('the file is closed');
        into.set(bytes.subarray(offset, offset + into.length));
      },
      async close() {
        this.isClosed = true;
      },
    };
  }

  get identity() {
    const { object, version, sizeBytes, sha256 } = this.descriptor;
    return { object, version, sizeBytes, sha256 };
  }

  store(): ObjectStore {
    const geometry = geometryOf(this.bytes.length, SYMBOL_BYTES, BLOCKS);
    return {
      holdings: { geometry },
      verifiedBlocks: new SymbolSet(BLOCKS),
      acceptBlock: () => undefined,
      read: async (place: number, into: Uint8Array) => {
        if (this.isCommitted) throw new Error('the part file has another name');
        into.set(this.bytes.subarray(place * SYMBOL_BYTES, place * SYMBOL_BYTES + into.length));
      },
      commit: async () => {
        this.isCommitted = true;
      },
      close: async () => undefined,
      discard: async () => undefined,
    } as unknown as ObjectStore;
  }
}
