import { SymbolSet } from '../../object/symbol-set.js';
import type { BlockContent, Outcome } from '../../receiver/assemble/block-content.js';
import type { ObjectStore, ReadonlyHoldings } from '../../receiver/assemble/object-store.js';
import type { OrderedBytes } from './ordered-bytes.js';

/** A store whose blocks are written out in order as soon as they are proven. */
export class StreamStore implements ObjectStore {
  /**
   * None: what an earlier run verified may have changed on disk since, and a file's bytes can be checked once more before the file gets its
   * name. Bytes that are written out cannot be taken back, so every block is verified in this run.
   */
  readonly verifiedBlocks: SymbolSet;
  readonly #store: ObjectStore;
  readonly #bytes: OrderedBytes;
  readonly #abandon: () => void;

  /** @param abandon makes the sink take no more */
  constructor(store: ObjectStore, bytes: OrderedBytes, abandon: () => void) {
    this.#store = store;
    this.#bytes = bytes;
    this.#abandon = abandon;
    this.verifiedBlocks = new SymbolSet(store.holdings.geometry.blockCount);
  }

  get holdings(): ReadonlyHoldings {
    return this.#store.holdings;
  }

  get restoresAtOnce(): number {
    return this.#store.restoresAtOnce;
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

  async putBlock(block: number, bytes: Uint8Array): Promise<void> {
    await this.#store.putBlock!(block, bytes);
  }

  acceptBlock(block: number): void {
    this.#bytes.prove(block);
  }

  rejectPlaces(first: number, count: number): void {
    this.#store.rejectPlaces(first, count);
  }

  /** @throws also the error of the sink, so that a run whose reader has gone does not receive the rest */
  async checkpoint(): Promise<void> {
    this.#bytes.check();
    await this.#store.checkpoint();
  }

  /** Resolves when the sink has taken the whole object. */
  async commit(): Promise<void> {
    await this.#store.commit();
  }

  async close(): Promise<void> {
    this.#abandon();
    await this.#bytes.stop();
    await this.#store.close();
  }

  async discard(): Promise<void> {
    await this.#bytes.stop();
    await this.#store.discard();
  }
}
