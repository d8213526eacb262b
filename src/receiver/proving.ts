import { type Descriptor, NO_CODE } from '../wire/descriptor.js';
import type { Assembler } from './assemble/assembler.js';
import type { Outcome } from './assemble/block-content.js';
import type { Rejection } from './assemble/block-keys.js';
import type { ObjectStore } from './assemble/object-store.js';
import { Verification } from './assemble/verification.js';
import type { WarningEvent } from './events.js';

export interface ProvingOptions {
  readonly descriptor: Descriptor;
  readonly assembler: Assembler;
  readonly store: ObjectStore;
  /** Called when the object needs symbols that the receiver may not be listening for. */
  readonly onNeed: () => void;
  /** Called when places of a wrong block have been given up; they can be filled again after the next checkpoint. */
  readonly onRejected: (rejection: Rejection) => void;
  /** Called when a server's key has signed wrong symbols, so that nothing is taken from it any more. */
  readonly onLeft: () => void;
  readonly onWarning: (event: WarningEvent) => void;
  /** Called once, when the object is known to be whole. */
  readonly onWhole: () => void;
  readonly onError: (error: unknown) => void;
}

/** Proves the blocks of an object as they become ready, and finds out when the whole object is right. */
export class Proving {
  readonly #options: ProvingOptions;
  readonly #verification: Verification;
  readonly #isCoded: boolean;
  /** At most `ObjectStore.restoresAtOnce`. */
  readonly #workers = new Set<Promise<void>>();
  /** Workers that have not found yet that no block is ready. */
  #seekingCount = 0;
  #isJudging = false;
  /** Whether the whole object was hashed, for want of block digests, since a block was last found wrong. */
  #wasHashed: boolean;
  #trustsEarlierRun: boolean;
  #isWhole = false;
  #ended = false;

  constructor(options: ProvingOptions) {
    const { descriptor, assembler, store } = options;
    this.#options = options;
    this.#isCoded = descriptor.fecEncodingId !== NO_CODE;
    this.#verification = new Verification(assembler, store);
    // Places of coded blocks hold any symbols, so the bytes of all places are not the object before all blocks are solved, unless there are no guests.
    this.#wasHashed = this.#isCoded && !(assembler.isComplete && hasNoGuests(store));
    this.#trustsEarlierRun = store.verifiedBlocks.count > 0;
  }

  /** Whether the object is known to be whole. Nothing may change it from then on. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Whether the whole object can be hashed now, with or without digests of its blocks. */
  get hasWholeObject(): boolean {
    return this.#options.assembler.isComplete && !this.#wasHashed;
  }

  /** Whether a block is ready, or the whole object can be hashed. */
  get hasWork(): boolean {
    return this.#options.assembler.hasReady || this.hasWholeObject;
  }

  /** Proves ready blocks until no block is ready, as many at once as fit into memory. */
  work(): void {
    const { assembler, store, onError } = this.#options;
    do {
      if (this.#ended || this.#workers.size >= store.restoresAtOnce) return;
      const worker = this.#proveAll()
        .catch((error: unknown) => onError(error))
        .then(() => {
          this.#workers.delete(worker);
          if (assembler.hasReady) this.work();
        });
      this.#workers.add(worker);
    } while (assembler.hasReady);
  }

  /** Takes a block whose bytes came from elsewhere than servers, are in the store, and have its digest. */
  takeProven(block: number): void {
    this.#accept(block, false);
    this.work();
  }

  /** Begins no further block; resolves when the blocks under way are done. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#workers);
  }

  async #proveAll(): Promise<void> {
    this.#seekingCount++;
    try {
      while (!this.#ended && (await this.#verification.step((block, outcome) => this.#judge(block, outcome))));
    } finally {
      this.#seekingCount--;
    }
    // The worker that ends last sees what all workers have done. Two of them may end in one turn.
    if (this.#seekingCount > 0 || this.#isJudging || this.#isWhole) return;
    this.#isJudging = true;
    try {
      // Others may have proven the last blocks meanwhile.
      do if (await this.#judgeWhole()) return this.#noteWhole();
      while (this.#options.assembler.isVerified);
    } finally {
      this.#isJudging = false;
    }
  }

  #noteWhole(): void {
    this.#isWhole = true;
    this.#options.onWhole();
  }

  #judgeWhole(): Promise<boolean> {
    return this.#options.assembler.isVerified ? this.#isStillRight() : this.#isWholeWithoutDigests();
  }

  #judge(block: number, outcome: Outcome): void {
    const { assembler, store, onNeed, onRejected, onLeft, onWarning } = this.#options;
    if (outcome !== 'genuine') onNeed();
    if (outcome === 'unsolved' && assembler.postpone(block)) return;
    if (outcome === 'genuine') {
      this.#accept(block, true);
      return;
    }
    const rejection = assembler.reject(block);
    for (const { first, count } of rejection.freed) store.rejectPlaces(first, count);
    onRejected(rejection);
    if (rejection.left !== undefined) onLeft();
    this.#wasHashed = this.#isCoded;
    const message = `block ${block} did not have its signed digest; receiving the block again`;
    onWarning({ code: 'REJECTED_BLOCK', message });
  }

  #accept(block: number, isFromServers: boolean): void {
    const { assembler, store, onLeft } = this.#options;
    const left = assembler.accept(block, isFromServers);
    store.acceptBlock(block);
    if (left !== undefined) onLeft();
  }

  /** Whether the object is right although digests are missing: all symbols may have arrived before them, and the object has its own digest. */
  async #isWholeWithoutDigests(): Promise<boolean> {
    if (!this.hasWholeObject) return false;
    this.#wasHashed = true;
    if (await this.#hasRightDigest()) return true;
    this.#options.onNeed();
    return false;
  }

  async #hasRightDigest(): Promise<boolean> {
    return Buffer.compare(await this.#verification.objectDigest(), this.#options.descriptor.sha256) === 0;
  }

  /** Whether blocks that an earlier run verified are still right. Nobody has read them since, and they may have changed on disk. */
  async #isStillRight(): Promise<boolean> {
    const { assembler, onNeed, onWarning } = this.#options;
    if (!this.#trustsEarlierRun || (await this.#hasRightDigest())) return true;
    this.#trustsEarlierRun = false;
    const message = 'the data that an earlier run left on disk have changed; checking all blocks again';
    onWarning({ code: 'REJECTED_BLOCK', message });
    assembler.doubt();
    onNeed();
    return false;
  }
}

function hasNoGuests({ holdings }: ObjectStore): boolean {
  for (const _ of holdings.guestRuns(holdings.filled)) return false;
  return true;
}
