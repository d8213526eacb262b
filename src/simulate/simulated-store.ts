import { LayercastError } from '../errors.js';
import { blockOf, blockSymbolCount, firstSymbolOf, symbolLength } from '../object/geometry.js';
import { SymbolSet } from '../object/symbol-set.js';
import type { ObjectStore } from '../receiver/object-store.js';
import type { PartialObject, SimulatedDisk } from './simulated-disk.js';

/** As many bytes as the real write queue holds. */
const DEFAULT_QUEUE_BYTES = 16 * 2 ** 20;

/** One run's view of a simulated disk: what the receiver takes for its store. */
export class SimulatedStore implements ObjectStore {
  readonly symbols: SymbolSet;
  readonly verifiedBlocks: SymbolSet;
  readonly #partial: PartialObject;
  readonly #disk: SimulatedDisk;
  /** Written since the last checkpoint began, and before that one. */
  #written: SymbolSet;
  #flushing: SymbolSet;
  #accepted: number[] = [];
  #queueEmptyUs = 0;
  #isFull = false;
  #isCheckpointing = false;
  #isCommitting = false;
  #state: 'open' | 'closed' | 'dead' = 'open';

  constructor(partial: PartialObject, disk: SimulatedDisk) {
    this.#partial = partial;
    this.#disk = disk;
    const { symbolCount } = partial.geometry;
    this.symbols = new SymbolSet(symbolCount);
    this.symbols.addAll(partial.journalledSymbols);
    this.verifiedBlocks = new SymbolSet(partial.journalledBlocks.symbolCount);
    this.verifiedBlocks.addAll(partial.journalledBlocks);
    this.#written = new SymbolSet(symbolCount);
    this.#flushing = new SymbolSet(symbolCount);
  }

  write(offset: number, bytes: Uint8Array, start: number, length: number): boolean {
    const { geometry, storage, journalledBlocks } = this.#partial;
    const symbol = offset / geometry.symbolBytes;
    const isSymbol = Number.isInteger(symbol) && symbol >= 0 && symbol < geometry.symbolCount;
    if (!isSymbol || length !== symbolLength(geometry, symbol)) {
      this.#violated(`${length} bytes at ${offset} are no symbol`);
      return false;
    }
    if (this.#state !== 'open') return false;
    if (journalledBlocks.has(blockOf(geometry, symbol))) this.#violated(`symbol ${symbol} had been verified before`);
    if (!this.#hasRoom(symbol, length)) return false;
    storage.put(symbol, bytes.subarray(start, start + length));
    this.#written.add(symbol);
    return true;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    if (this.#state === 'closed') throw new LayercastError('FILE_IO', 'read after close');
    // Before any time passes, as the real cache does: whoever lends the same buffer twice at once must not get away with it.
    this.#partial.storage.copy(offset, into);
    await this.#pass(this.#disk.options.readUs ?? 0);
  }

  async flush(): Promise<void> {
    const { clock, flushUs = 0 } = this.#disk.options;
    await this.#pass(Math.max(0, this.#queueEmptyUs - clock.nowUs) + flushUs);
    if (!this.#isFull) return;
    this.#isFull = false;
    throw new LayercastError('DISK_FULL', 'the simulated disk is full');
  }

  acceptBlock(block: number): void {
    this.#accepted.push(block);
  }

  rejectBlock(block: number): void {
    const { geometry, journalledSymbols, journalledBlocks } = this.#partial;
    const first = firstSymbolOf(geometry, block);
    const count = blockSymbolCount(geometry, block);
    if (journalledBlocks.has(block)) this.#violated(`block ${block} was verified and is rejected`);
    this.#written.removeRun(first, count);
    this.#flushing.removeRun(first, count);
    journalledSymbols.removeRun(first, count);
  }

  async checkpoint(): Promise<void> {
    if (this.#isCheckpointing) this.#violated('two checkpoints at once');
    if (this.#isCommitting) this.#violated('checkpoint during or after the commit');
    if (this.#state === 'closed') this.#violated('checkpoint after the end');
    this.#isCheckpointing = true;
    [this.#written, this.#flushing] = [this.#flushing, this.#written];
    const accepted = this.#accepted;
    this.#accepted = [];
    try {
      await this.flush();
      this.#partial.journalledSymbols.addAll(this.#flushing);
      for (const block of accepted) this.#partial.journalledBlocks.add(block);
    } catch (error) {
      this.#written.addAll(this.#flushing);
      this.#accepted = [...accepted, ...this.#accepted];
      throw error;
    } finally {
      this.#flushing.clear();
      this.#isCheckpointing = false;
    }
  }

  async commit(): Promise<void> {
    const { storage, geometry } = this.#partial;
    if (this.#isCheckpointing) this.#violated('commit during a checkpoint');
    this.#isCommitting = true;
    if (storage.count !== geometry.symbolCount) this.#violated('commit of a file that is not whole');
    await this.flush();
    if (!storage.isGenuine) this.#violated('commit of wrong bytes');
    this.#end();
    this.#disk.complete(this.#partial);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    try {
      await this.checkpoint();
    } finally {
      this.#end();
    }
  }

  async discard(): Promise<void> {
    this.#end();
    this.#disk.forget();
  }

  /** The host has died: nothing that waits for this store ever goes on. */
  kill(): void {
    this.#state = 'dead';
  }

  #hasRoom(symbol: number, length: number): boolean {
    const { clock, bytesPerSecond, queueBytes = DEFAULT_QUEUE_BYTES, capacityBytes } = this.#disk.options;
    const { storage, geometry } = this.#partial;
    const wasThere = storage.has(symbol);
    if (capacityBytes !== undefined && !wasThere && (storage.count + 1) * geometry.symbolBytes > capacityBytes) {
      this.#isFull = true;
      return false;
    }
    if (bytesPerSecond === undefined) return true;
    const waitUs = Math.max(0, this.#queueEmptyUs - clock.nowUs);
    if ((waitUs * bytesPerSecond) / 1e6 + length > queueBytes) {
      this.#disk.refusedCount++;
      return false;
    }
    this.#queueEmptyUs = clock.nowUs + waitUs + (length * 1e6) / bytesPerSecond;
    return true;
  }

  #end(): void {
    if (this.#state === 'open') this.#state = 'closed';
  }

  /** What takes time; for ever, if the host dies meanwhile. */
  async #pass(forUs: number): Promise<void> {
    const { clock } = this.#disk.options;
    if (forUs > 0) await new Promise<void>((resolve) => clock.at(clock.nowUs + forUs, resolve));
    if (this.#state === 'dead') await new Promise(() => undefined);
  }

  #violated(what: string): void {
    if (this.#state !== 'dead') this.#disk.violations.push(what);
  }
}
