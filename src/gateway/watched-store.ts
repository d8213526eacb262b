import { SymbolSet } from '../object/symbol-set.js';
import type { BlockContent, Outcome } from '../receiver/assemble/block-content.js';
import type { ObjectStore, ReadonlyHoldings } from '../receiver/assemble/object-store.js';
import type { ServedVersion } from './served-version.js';

/** A store whose blocks are served as soon as they are proven. */
export class WatchedStore implements ObjectStore {
  /** None: as for a stream, bytes that were served cannot be taken back, so every block is verified in this run. */
  readonly verifiedBlocks: SymbolSet;
  readonly #store: ObjectStore;
  readonly #version: ServedVersion;
  #isCommitted = false;

  constructor(store: ObjectStore, version: ServedVersion) {
    this.#store = store;
    this.#version = version;
    const { geometry } = store.holdings;
    this.verifiedBlocks = new SymbolSet(geometry.blockCount);
    version.receive(geometry, (place, into) => store.read(place, into));
  }

  get holdings(): ReadonlyHoldings {
    return this.#store.holdings;
  }

  get restoresAtOnce(): number {
    return this.#store.restoresAtOnce;
  }

  get hashBlock(): ((block: number) => Promise<Uint8Array>) | undefined {
    const { hashBlock } = this.#store;
    return hashBlock && ((block) => this.#store.hashBlock!(block));
  }

  get putBlock(): ((block: number, bytes: Uint8Array) => Promise<void>) | undefined {
    const { putBlock } = this.#store;
    return putBlock && ((block, bytes) => this.#store.putBlock!(block, bytes));
  }

  writeSymbol(place: number, esi: number, bytes: Uint8Array, start: number, length: number): boolean {
    return this.#store.writeSymbol(place, esi, bytes, start, length);
  }

  read(place: number, into: Uint8Array): Promise<void> {
    return this.#store.read(place, into);
  }

  restoreBlock(block: number, content: BlockContent, digest: Uint8Array): Promise<Outcome> {
    return this.#store.restoreBlock(block, content, digest);
  }

  acceptBlock(block: number): void {
    this.#store.acceptBlock(block);
    this.#version.prove(block);
  }

  rejectPlaces(first: number, count: number): void {
    this.#store.rejectPlaces(first, count);
  }

  checkpoint(): Promise<void> {
    return this.#store.checkpoint();
  }

  async commit(): Promise<void> {
    await this.#store.commit();
    this.#isCommitted = true;
  }

  /** Ends a transfer that is not whole. After `commit` the file is served. */
  async close(): Promise<void> {
    if (!this.#isCommitted) this.#version.end();
    await this.#store.close();
  }

  async discard(): Promise<void> {
    this.#version.end();
    await this.#store.discard();
  }
}
