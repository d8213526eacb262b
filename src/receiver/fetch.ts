import type { EventEmitter } from 'eventemitter3';
import type { Clock, Network } from '../base/ports.js';
import { rateOf } from '../rate/ladder/ladder.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { ObjectStore } from './assemble/object-store.js';
import type { FaultCounters } from './counters.js';
import type { OpenDestination } from './destination.js';
import type { ProgressEvent, ReceiverEvents, ReceiverStats, WarningEvent } from './events.js';
import type { FillOptions } from './filling/filling.js';
import { type ChannelChoice, checkChannels, policyFor } from './join/channel-choice.js';
import { presentBytes, statsOf } from './progress.js';
import type { DescriptorHandler } from './reception.js';
import { Seeding } from './seeding/seeding.js';
import type { Seeds } from './seeding/seeds.js';
import type { Tally } from './tally.js';
import { Transfer } from './transfer.js';
import { rateBelowLadder } from './warnings.js';

export interface FetchOptions extends ChannelChoice {
  readonly descriptor: Descriptor;
  /** Interface to join on; undefined lets the network choose. */
  readonly interface: string | undefined;
}

export interface FetchWorld {
  readonly clock: Clock;
  readonly network: Network;
  /** Opens the place where this version goes. */
  readonly openDestination: OpenDestination;
  readonly emit: EventEmitter<ReceiverEvents>['emit'];
  readonly faults: FaultCounters;
  /** Counts of the run. The fetch adds its own counts. */
  readonly tally: Tally;
  /** Takes descriptors that arrive on the object's channels, between its symbols. */
  readonly onDescriptor: DescriptorHandler;
  readonly onWarning: (event: WarningEvent) => void;
  /** What may have parts of the object already; undefined: nothing. */
  readonly seeds?: Seeds | undefined;
  /** What fills blocks of a version that multicast does not bring; undefined: nothing. */
  readonly fillFor?: ((descriptor: Descriptor) => FillOptions) | undefined;
}

const NOT_FILLED = { filledBytes: 0, wrongFilledBytes: 0 };

/** Why a fetch is stopped when the receiver begins a newer version, or the same version in other pieces. */
export class Superseded extends Error {}

/** Why a fetch is stopped when the record of its version does not count any more, or is not announced any more. */
export class Revoked extends Error {}

/** Brings the version that one descriptor names to its destination. Runs once. */
export class Fetch {
  readonly #options: FetchOptions;
  readonly #world: FetchWorld;
  #descriptor: Descriptor;
  #transfer: Transfer | undefined;
  /** Until all is used that this host has of the object. */
  #seeding: Seeding | undefined;
  /** Bytes of the object that seeds and its delta had. */
  #seeded = { seedBytes: 0, deltaBytes: 0 };
  #stop: { readonly reason: unknown } | undefined;
  #stats: ReceiverStats | undefined;

  constructor(options: FetchOptions, world: FetchWorld) {
    this.#options = options;
    this.#world = world;
    this.#descriptor = options.descriptor;
  }

  /** The newest descriptor of the version that this fetch was given. */
  get descriptor(): Descriptor {
    return this.#descriptor;
  }

  /** Whether the store is open, so that symbols can be received. */
  get isReceiving(): boolean {
    return this.#current !== undefined;
  }

  /** The joined channels, and when they were last heard; undefined before the object itself is received. */
  get steering(): Transfer['steering'] | undefined {
    return this.#transfer?.steering;
  }

  /**
   * By what silence is judged: the object's channels, or those of its delta while none of them can be joined. Undefined while nothing is waited for,
   * and while the delta arrives, which is given up if it falls silent.
   */
  get awaited(): Transfer['steering'] | undefined {
    const delta = this.#seeding?.transfer?.steering;
    return this.steering ?? (delta?.channels.length === 0 ? delta : undefined);
  }

  /** Whether the fetch may go on although nothing is heard. While its store is being opened, nobody has been asked yet. */
  get canFill(): boolean {
    return this.#transfer?.canFill ?? this.#world.fillFor !== undefined;
  }

  /** Whether everything that is needed of servers is here, unless a block turns out wrong. */
  get hasEnough(): boolean {
    return this.#transfer?.hasEnough ?? false;
  }

  /** How much the receiver has of the object, or of its delta while it receives that one; undefined before the store is open. */
  get kept(): Transfer['kept'] | undefined {
    return this.#current?.kept;
  }

  /** The next progress report, of the object or its delta; undefined before the store is open. */
  progress(): ProgressEvent | undefined {
    return this.#current?.progress();
  }

  /** Counts so far; undefined before the store is open. */
  stats(): ReceiverStats | undefined {
    const stats = this.#current?.stats();
    return stats === undefined ? this.#stats : this.#withSeeds(stats);
  }

  /**
   * Resolves with the final counts when the object is whole and verified and the file has its name. Rejects with the error that
   * stops the fetch. Progress is kept, unless that error is `Superseded`.
   * @throws {LayercastError} `USAGE` for channels that the ladder does not have, the error of a destination that refuses the version,
   *   `NETWORK_UNAVAILABLE`, `DISK_FULL`, …
   */
  async run(): Promise<ReceiverStats> {
    const { descriptor } = this.#options;
    const { emit, openDestination, tally, faults } = this.#world;
    checkChannels(descriptor, this.#options);
    const opened = await openDestination(descriptor);
    if (opened.kind === 'refused') throw opened.error;
    if (opened.kind === 'complete') {
      await this.#world.seeds?.removeDelta();
      emit('descriptor', { descriptor, resumedBytes: descriptor.sizeBytes });
      return {
        ...statsOf(tally, faults),
        ...this.#seeded,
        ...NOT_FILLED,
        overhead: 0,
        resumedBytes: descriptor.sizeBytes,
      };
    }
    const { store } = opened;
    try {
      emit('descriptor', { descriptor: this.#descriptor, resumedBytes: presentBytes(store) });
      this.#checkRate(this.#descriptor);
      await this.#takeSeeds(store);
      // A signal or a newer version may have come while the store was opened.
      if (this.#stop) throw this.#stop.reason;
      this.#transfer = this.#open(this.#descriptor, store, this.#world.fillFor?.(this.#descriptor));
      await this.#transfer.run();
      await this.#world.seeds?.removeDelta();
    } catch (error) {
      if (error instanceof Superseded) await store.discard();
      else await store.close();
      throw error;
    } finally {
      this.#stats = this.stats();
      this.#transfer = undefined;
    }
    return this.#stats!;
  }

  /**
   * Takes a newer descriptor of the same object in the same geometry: channels, rates or servers may differ. All symbols that
   * have been received stay.
   */
  renew(descriptor: Descriptor): void {
    try {
      checkChannels(descriptor, this.#options);
    } catch (error) {
      this.stop(error);
      return;
    }
    this.#descriptor = descriptor;
    this.#seeding?.renew(descriptor);
    this.#transfer?.renew(descriptor);
    if (this.isReceiving) this.#checkRate(descriptor);
  }

  /** Leaves all channels and makes `run` reject with `reason`. */
  stop(reason: unknown): void {
    this.#stop ??= { reason };
    this.#seeding?.stop(reason);
    this.#transfer?.stop(reason);
  }

  /** Does everything that is due; the owner calls `tick` every 50 ms. */
  tick(nowUs: number, latenessUs: number): void {
    this.#seeding?.tick(nowUs, latenessUs);
    this.#transfer?.tick(nowUs, latenessUs);
  }

  /** Warns if even the lowest channel is faster than allowed. The receiver joins that channel all the same: it needs one at least. */
  #checkRate({ channels, symbolBytes }: Descriptor): void {
    const { maxRateBitsPerSecond: max, channels: picked } = this.#options;
    const lowest = Math.min(...channels.map(({ intervalUs }) => rateOf(intervalUs, symbolBytes)));
    if (max !== undefined && picked === undefined && max < lowest) this.#world.onWarning(rateBelowLadder(max, lowest));
  }

  get #current(): Transfer | undefined {
    return this.#transfer ?? this.#seeding?.transfer;
  }

  /** What seeds had does not count as left by an earlier run. */
  #withSeeds(stats: ReceiverStats): ReceiverStats {
    const { seedBytes, deltaBytes } = this.#seeded;
    const resumedBytes = Math.max(0, stats.resumedBytes - seedBytes - deltaBytes);
    return { ...stats, ...this.#seeded, ...this.#transfer?.filled, resumedBytes };
  }

  async #takeSeeds(store: ObjectStore): Promise<void> {
    const { seeds, clock, emit, onWarning } = this.#world;
    if (seeds === undefined || this.#stop) return;
    this.#seeding = new Seeding({
      descriptor: this.#descriptor,
      store,
      seeds,
      clock,
      isFilled: this.#world.fillFor !== undefined,
      openTransfer: (delta, deltaStore) => this.#open(delta, deltaStore),
      onSeeded: (event) => {
        this.#seeded = { seedBytes: event.bytes, deltaBytes: event.deltaBytes };
        emit('seed', event);
      },
      onWarning,
    });
    try {
      await this.#seeding.run();
    } finally {
      this.#seeding = undefined;
    }
  }

  #open(descriptor: Descriptor, store: ObjectStore, fill?: FillOptions): Transfer {
    const { clock, network, emit, faults, tally, onDescriptor, onWarning } = this.#world;
    return new Transfer({
      descriptor,
      store,
      policyOf: (sent) => policyFor(sent, this.#options),
      interface: this.#options.interface,
      faults,
      tally,
      clock,
      network,
      onDescriptor,
      onJoin: (event) => emit('join', event),
      onLeave: (event) => emit('leave', event),
      onFill: (event) => emit('fill', event),
      onWarning,
      fill,
    });
  }
}
