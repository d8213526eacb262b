import type { Clock } from '../../base/ports.js';
import { waitUntil } from '../../base/waiting.js';
import type { Assembler } from '../assemble/assembler.js';
import type { ObjectStore } from '../assemble/object-store.js';
import type { FillEvent, WarningEvent } from '../events.js';
import { FillFault, type FillSource } from './fill-source.js';
import { FillTiming } from './fill-timing.js';
import { FilledBlock } from './filled-block.js';

/** Longest block that is filled: it is in memory twice meanwhile, and written in one piece. */
const MAX_BLOCK_BYTES = 16e6;
/** Pause after a fault, and while no block can be filled. */
const PAUSE_US = 1_000_000;
/** A source that fails so often, one time after the other, is left. */
const MAX_FAILURES = 5;

export interface FillOptions {
  readonly sources: readonly FillSource[];
  readonly afterUs: number;
  /** Undefined: no limit. */
  readonly maxRateBitsPerSecond: number | undefined;
  /** From 0 to 1. */
  readonly random: () => number;
}

export interface FillingOptions extends FillOptions {
  readonly assembler: Assembler;
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** A block is in the store and has its digest. */
  readonly onBlock: (block: number) => void;
  readonly onFill: (event: FillEvent) => void;
  readonly onWarning: (event: WarningEvent) => void;
  readonly onError: (error: unknown) => void;
}

interface Source {
  readonly source: FillSource;
  failureCount: number;
  /** Whether it was asked for digests. */
  isAsked: boolean;
}

/**
 * Fills blocks by unicast when multicast does not bring them, block by block: the one first that lacks most. Each block is checked against its signed
 * digest before it goes into the store. Channels stay joined meanwhile.
 */
export class Filling {
  /** Bytes of blocks that were filled, as they were asked for. */
  filledBytes = 0;
  /** Bytes of sources that did not fit the signed digests. */
  wrongBytes = 0;
  readonly #options: FillingOptions;
  readonly #timing: FillTiming;
  readonly #stopping = new AbortController();
  #sources: readonly Source[];
  #turn: number;
  #work: Promise<void> | undefined;
  /** Whether no block that is missing can be asked for: nobody has said its digest, or it is too long. */
  #isStuck = false;

  constructor(options: FillingOptions) {
    const { clock, store, afterUs, random, sources } = options;
    this.#options = options;
    this.#timing = new FillTiming(clock.nowUs(), missingCount(store), afterUs, random());
    this.#sources = sources.map((source) => ({ source, failureCount: 0, isAsked: false }));
    this.#turn = Math.floor(random() * sources.length);
  }

  /** Whether a source may still bring what is missing. */
  get canFill(): boolean {
    return this.hasSources && !this.#isStuck;
  }

  /** Whether a source is left that was not of no use. */
  get hasSources(): boolean {
    return this.#sources.length > 0;
  }

  /** Begins to fill when it is due; the owner calls `tick` every 50 ms. */
  tick(nowUs: number): void {
    const { store, onError } = this.#options;
    if (this.#work !== undefined || !this.hasSources || !this.#timing.isDue(nowUs, missingCount(store))) return;
    this.#work = this.#fill().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) onError(error);
    });
  }

  /** Ends; resolves when nothing is read or written any more. */
  async end(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  async #fill(): Promise<void> {
    const { assembler } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted && !assembler.isVerified && this.hasSources) {
      const source = this.#sources[this.#turn++ % this.#sources.length]!;
      try {
        await this.#learnDigests(source);
        const block = assembler.blockToFill(MAX_BLOCK_BYTES);
        this.#isStuck =
          block === undefined && (assembler.knowsDigests || this.#sources.every(({ isAsked }) => isAsked));
        if (block === undefined) await this.#pause(PAUSE_US);
        else await this.#fillBlock(source.source, block);
        source.failureCount = 0;
      } catch (error) {
        if (signal.aborted || !(error instanceof FillFault)) throw error;
        await this.#note(source, error);
      }
    }
  }

  async #learnDigests(source: Source): Promise<void> {
    const { assembler } = this.#options;
    if (source.isAsked || assembler.knowsDigests) return;
    const digests = await source.source.digests(assembler.digestBytes, this.#stopping.signal);
    source.isAsked = true;
    if (digests !== undefined && !assembler.addAllDigests(digests))
      this.#refuse(digests.length, 'its digests of blocks are');
  }

  async #fillBlock(source: FillSource, block: number): Promise<void> {
    const { store, onBlock, onFill } = this.#options;
    const filled = new FilledBlock(store, block);
    const read = (offset: number, into: Uint8Array) => this.#read(source, offset, into);
    let fetchedBytes = await filled.fetch(false, read);
    let outcome = await this.#put(filled);
    // Symbols that the receiver had may be forged. Without them, only the source can be wrong.
    if (outcome === 'wrong' && !filled.isFetchedWhole) {
      fetchedBytes += await filled.fetch(true, read);
      outcome = await this.#put(filled);
    }
    if (outcome === 'wrong') this.#refuse(fetchedBytes, `its block ${block} is`);
    if (outcome !== 'put') return;
    this.filledBytes += fetchedBytes;
    onFill({ url: source.name, block, bytes: fetchedBytes });
    onBlock(block);
  }

  /** Puts a block into the store if it has its digest, and if multicast has not completed it meanwhile. */
  async #put(filled: FilledBlock): Promise<'put' | 'wrong' | 'late'> {
    const { assembler, store } = this.#options;
    const { block, bytes } = filled;
    const digest = assembler.claim(block);
    if (digest === undefined) return 'late';
    let outcome: 'put' | 'wrong' | 'late' = 'late';
    try {
      if (await filled.complete()) outcome = filled.hasDigest(digest) ? 'put' : 'wrong';
      if (outcome === 'put') await store.putBlock!(block, bytes);
      return outcome;
    } finally {
      // A block that is there stays claimed until it is accepted.
      if (outcome !== 'put') assembler.release(block);
    }
  }

  async #read(source: FillSource, offset: number, into: Uint8Array): Promise<void> {
    const { maxRateBitsPerSecond, clock } = this.#options;
    const startedUs = clock.nowUs();
    await source.read(offset, into, this.#stopping.signal);
    if (maxRateBitsPerSecond === undefined) return;
    await this.#pause(startedUs + (into.length * 8e6) / maxRateBitsPerSecond - clock.nowUs());
  }

  #refuse(bytes: number, what: string): never {
    this.wrongBytes += bytes;
    throw new FillFault(`${what} not what the fleet signed`, true);
  }

  /** Leaves a source that is of no use; asks another one a little later. */
  async #note(source: Source, fault: FillFault): Promise<void> {
    source.failureCount++;
    if (fault.isFinal || source.failureCount >= MAX_FAILURES) {
      this.#sources = this.#sources.filter((one) => one !== source);
      const rest = this.hasSources ? 'asking others' : 'there is no other one to ask';
      this.#options.onWarning({ code: 'FILL', message: `${source.source.name} is left: ${fault.message}; ${rest}` });
    }
    await this.#pause(PAUSE_US);
  }

  async #pause(us: number): Promise<void> {
    const { signal } = this.#stopping;
    const { clock } = this.#options;
    if (us <= 0 || signal.aborted) return;
    await waitUntil(clock.nowUs() + us, clock, signal);
  }
}

function missingCount({ holdings: { geometry, filled } }: ObjectStore): number {
  return filled.missingIn(0, geometry.symbolCount);
}
