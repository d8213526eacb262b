import { asLayercastError, LayercastError } from '../../base/errors.js';
import type { Clock } from '../../base/ports.js';
import { type DeltaHead, deltaHeadLength, readDeltaHead } from '../../chunks/delta-head.js';
import type { ChunkedBytes } from '../../chunks/each-chunk.js';
import { deltaDescriptor } from '../../wire/delta.js';
import { type Descriptor, objectTag } from '../../wire/descriptor.js';
import type { ObjectStore } from '../assemble/object-store.js';
import type { SeedEvent, WarningEvent } from '../events.js';
import { refusalCode } from '../refusals.js';
import type { Transfer } from '../transfer.js';
import { isUsable } from '../watch/usable.js';
import { ChunkSources } from './chunk-sources.js';
import { putChunks } from './put-chunks.js';
import type { CompleteDelta, Seed, Seeds } from './seeds.js';
import { SymbolFiller } from './symbol-filler.js';

/** A delta of which nothing is heard for this long, or for ten intervals of its slowest channel, is given up: the object may still be sent. */
const PATIENCE_US = 5_000_000;
const PATIENCE_INTERVALS = 10;
/** A delta is given up, too, if none of its channels can be joined for this long. */
const JOIN_PATIENCE_US = 10_000_000;
/** Bytes after which a checkpoint makes durable what was put into the store. */
const CHECKPOINT_BYTES = 64e6;
const PAUSE_US = 10_000;

export interface SeedingOptions {
  /** Of the object. */
  readonly descriptor: Descriptor;
  /** Of the object. It gets all that is found. */
  readonly store: ObjectStore;
  readonly seeds: Seeds;
  readonly clock: Clock;
  /**
   * Whether a missing interface ends the wait for the delta, because the object can be had without it. If not, whoever waits for the object decides
   * for how long.
   */
  readonly isFilled: boolean;
  /** Begins to receive a delta. */
  readonly openTransfer: (delta: Descriptor, store: ObjectStore) => Transfer;
  readonly onSeeded: (event: SeedEvent) => void;
  readonly onWarning: (event: WarningEvent) => void;
}

/** Why a delta is not received any more. */
class DeltaSilent extends Error {}

/**
 * Fills a store with the parts of an object that this host has: receives the object's delta, looks for the other chunks in seeds, and puts all of
 * them into their places. Everything is checked against the index in the delta, whose digest is signed. Whatever is missing in the end is received
 * with the object itself. Runs once.
 */
export class Seeding {
  readonly #options: SeedingOptions;
  readonly #stopping = new AbortController();
  #delta: Descriptor | undefined;
  #transfer: Transfer | undefined;

  constructor(options: SeedingOptions) {
    this.#options = options;
    this.#delta = usableDelta(options.descriptor);
  }

  /** The reception of the delta, while it goes on. */
  get transfer(): Transfer | undefined {
    return this.#transfer;
  }

  /**
   * Resolves when all that can be had is in the store. A local fault, such as a full disk, or a silent delta is a warning: the object can be received
   * without.
   *
   * @throws the reason of `stop`; errors of the object's store
   */
  async run(): Promise<void> {
    const { store, onWarning } = this.#options;
    const delta = this.#delta;
    if (delta === undefined || missingBytes(store) <= delta.sizeBytes) return;
    try {
      await using seeds = await this.#openSeeds();
      if (seeds.opened.length === 0) return;
      await using file = await this.#receive(delta);
      await this.#use(file, delta, seeds.opened);
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      onWarning({ code: 'DELTA', message: `${messageOf(error)}; receiving the object without its delta` });
    }
  }

  /** Takes a newer descriptor of the object. A delta that it does not name any more is given up. */
  renew(descriptor: Descriptor): void {
    const next = usableDelta(descriptor);
    const isSame = next !== undefined && this.#delta !== undefined && isEqual(objectTag(next), objectTag(this.#delta));
    if (isSame) this.#transfer?.renew(next);
    else this.#transfer?.stop(new DeltaSilent('the servers send another delta, or none, from now on'));
  }

  stop(reason: unknown): void {
    this.#stopping.abort(reason);
    this.#transfer?.stop(reason);
  }

  /** Does everything that is due; the owner calls `tick` every 50 ms. */
  tick(nowUs: number, latenessUs: number): void {
    const transfer = this.#transfer;
    if (transfer === undefined) return;
    transfer.tick(nowUs, latenessUs);
    const { lastHeardUs, slowestIntervalUs, channels, refusal } = transfer.steering;
    const isJoined = channels.length > 0;
    if (!isJoined && !this.#options.isFilled && refusalCode(refusal) === 'UNKNOWN_INTERFACE') return;
    const patienceUs = isJoined ? Math.max(PATIENCE_US, PATIENCE_INTERVALS * slowestIntervalUs) : JOIN_PATIENCE_US;
    if (nowUs - lastHeardUs < patienceUs) return;
    const what = isJoined ? 'nothing is heard of the delta' : 'no channel of the delta can be joined';
    transfer.stop(new DeltaSilent(`${what} for ${patienceUs / 1e6} s`));
  }

  async #receive(delta: Descriptor): Promise<CompleteDelta> {
    const { seeds, openTransfer } = this.#options;
    for (;;) {
      const opened = await seeds.openDelta(delta);
      if (opened.kind === 'complete') return opened.delta;
      const { store } = opened;
      try {
        this.#stopping.signal.throwIfAborted();
        this.#transfer = openTransfer(delta, store);
        await this.#transfer.run();
      } catch (error) {
        await store.close();
        throw error;
      } finally {
        this.#transfer = undefined;
      }
    }
  }

  async #use(file: CompleteDelta, delta: Descriptor, seeds: readonly Seed[]): Promise<void> {
    const { descriptor, store, clock, onSeeded } = this.#options;
    const { signal } = this.#stopping;
    const { head, headBytes } = await readHead(file, delta.sizeBytes, descriptor.sizeBytes);
    const places = new ChunkSources(head, headBytes);
    for (const [i, seed] of seeds.entries()) {
      await places
        .search(seed, i + 1, signal)
        .catch((error: unknown) => this.#warnOf(JSON.stringify(seed.name), error));
    }
    const pause = () => new Promise<void>((resolve) => void clock.schedule(clock.nowUs() + PAUSE_US, resolve));
    const filler = new SymbolFiller(store, pause);
    let durableBytes = 0;
    const checkpointIfDue = async () => {
      if (filler.bytes - durableBytes < CHECKPOINT_BYTES) return;
      durableBytes = filler.bytes;
      await store.checkpoint();
    };
    const { fromSeeds, fromDelta } = await putChunks(
      head.index,
      places,
      [file, ...seeds],
      filler,
      checkpointIfDue,
      signal,
    );
    await store.checkpoint();
    onSeeded({ bytes: fromSeeds, deltaBytes: fromDelta, totalBytes: descriptor.sizeBytes });
  }

  async #openSeeds(): Promise<OpenSeeds> {
    const { seeds } = this.#options;
    const open = new OpenSeeds();
    for (let seed = 0; seed < seeds.count; seed++) {
      await seeds.open(seed).then(
        (opened) => open.opened.push(opened),
        (error: unknown) => this.#warnOf(`seed ${seed + 1}`, error),
      );
    }
    return open;
  }

  #warnOf(seed: string, error: unknown): void {
    this.#stopping.signal.throwIfAborted();
    this.#options.onWarning({ code: 'SEED', message: `${seed} cannot be used: ${messageOf(error)}` });
  }
}

class OpenSeeds implements AsyncDisposable {
  readonly opened: Seed[] = [];

  async [Symbol.asyncDispose](): Promise<void> {
    for (const seed of this.opened) await seed[Symbol.asyncDispose]();
  }
}

/** Reads the head of a delta. Its publisher signed what it says, so a head that is none is the publisher's mistake. */
async function readHead(
  file: ChunkedBytes,
  deltaBytes: number,
  sizeBytes: number,
): Promise<{ readonly head: DeltaHead; readonly headBytes: number }> {
  const start = Buffer.alloc(8);
  const isThere = (await file.read(0, start)) === start.length;
  const headBytes = isThere ? deltaHeadLength(start, sizeBytes) : undefined;
  if (headBytes !== undefined && headBytes <= deltaBytes) {
    const bytes = Buffer.alloc(headBytes);
    await file.read(0, bytes);
    const head = readDeltaHead(bytes, sizeBytes, deltaBytes - headBytes);
    if (head !== undefined) return { head, headBytes };
  }
  throw new LayercastError('RECORD_INVALID', 'the delta has no index of this version that this program can read');
}

function missingBytes({ holdings: { geometry, filled } }: ObjectStore): number {
  return filled.missingIn(0, geometry.symbolCount) * geometry.symbolBytes;
}

function usableDelta(descriptor: Descriptor): Descriptor | undefined {
  const delta = deltaDescriptor(descriptor);
  return delta !== undefined && isUsable(delta) ? delta : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof DeltaSilent ? error.message : asLayercastError(error).message;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
