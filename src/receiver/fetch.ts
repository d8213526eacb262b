import type { EventEmitter } from 'eventemitter3';
import type { Clock, Network } from '../base/ports.js';
import { rateOf } from '../rate/ladder.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { ObjectStore } from './assemble/object-store.js';
import type { BlockSolver } from './assemble/restoration.js';
import type { FaultCounters } from './counters.js';
import { rateBelowLadder } from './endings.js';
import type { ProgressEvent, ReceiverEvents, ReceiverStats, WarningEvent } from './events.js';
import { type ChannelChoice, checkChannels, policyFor } from './join/channel-choice.js';
import { statsOf } from './progress.js';
import type { DescriptorHandler } from './reception.js';
import type { Tally } from './tally.js';
import { Transfer } from './transfer.js';

export interface FetchOptions extends ChannelChoice {
  readonly descriptor: Descriptor;
  /** Interface to join on; undefined lets the network choose. */
  readonly interface: string | undefined;
}

/** Where an object goes. */
export interface FetchDestination {
  /** Whether the file that this descriptor speaks of is there already, whole and right. */
  readonly isInPlace: (descriptor: Descriptor) => Promise<boolean>;
  readonly openStore: (descriptor: Descriptor) => Promise<ObjectStore>;
}

export interface FetchWorld extends FetchDestination {
  readonly clock: Clock;
  readonly network: Network;
  /** Solves coded blocks. */
  readonly solver: BlockSolver;
  readonly emit: EventEmitter<ReceiverEvents>['emit'];
  readonly faults: FaultCounters;
  /** Counts of the run, to which this fetch adds its own. */
  readonly tally: Tally;
  /** Descriptors ride along with the object's symbols. */
  readonly onDescriptor: DescriptorHandler;
  readonly onWarning: (event: WarningEvent) => void;
}

/** A newer version, or other pieces of this one, take the place of what was being received, which is no longer wanted. */
export class Superseded extends Error {}

/** Brings one version of one object, which a descriptor names, to its destination. Runs once. */
export class Fetch {
  readonly #options: FetchOptions;
  readonly #world: FetchWorld;
  #descriptor: Descriptor;
  #transfer: Transfer | undefined;
  #stop: { readonly reason: unknown } | undefined;
  #stats: ReceiverStats | undefined;

  constructor(options: FetchOptions, world: FetchWorld) {
    this.#options = options;
    this.#world = world;
    this.#descriptor = options.descriptor;
  }

  /** How the version is sent, as far as this fetch has been told. */
  get descriptor(): Descriptor {
    return this.#descriptor;
  }

  /** Whether symbols are being received, or could be: the store is open. */
  get isReceiving(): boolean {
    return this.#transfer !== undefined;
  }

  /** What is joined and heard; undefined before the store is open. */
  get steering(): Transfer['steering'] | undefined {
    return this.#transfer?.steering;
  }

  /** How much of the object is there; undefined before the store is open. */
  get kept(): Transfer['kept'] | undefined {
    return this.#transfer?.kept;
  }

  /** Undefined before the store is open. */
  progress(): ProgressEvent | undefined {
    return this.#transfer?.progress();
  }

  /** Counts so far; undefined before the store is open. */
  stats(): ReceiverStats | undefined {
    return this.#transfer?.stats() ?? this.#stats;
  }

  /**
   * Resolves with the final counts when the object is whole, verified and in its place. Rejects with what stops it, progress
   * kept unless that is `Superseded`.
   * @throws {LayercastError} `USAGE` for channels that the ladder does not have, `NETWORK_UNAVAILABLE`, `DISK_FULL`, …
   */
  async run(): Promise<ReceiverStats> {
    const { descriptor } = this.#options;
    const { emit, isInPlace, openStore, tally, faults } = this.#world;
    checkChannels(descriptor, this.#options);
    if (await isInPlace(descriptor)) {
      emit('descriptor', { descriptor, resumedBytes: descriptor.sizeBytes });
      return { ...statsOf(tally, faults), overhead: 0, resumedBytes: descriptor.sizeBytes };
    }
    const store = await openStore(descriptor);
    const transfer = this.#open(store);
    this.#transfer = transfer;
    try {
      emit('descriptor', { descriptor: this.#descriptor, resumedBytes: transfer.resumedBytes });
      this.#checkRate(this.#descriptor);
      // Whatever came while the store was opened: a signal, a newer version.
      if (this.#stop) throw this.#stop.reason;
      await transfer.run();
    } catch (error) {
      if (error instanceof Superseded) await store.discard();
      else await store.close();
      throw error;
    } finally {
      this.#stats = transfer.stats();
      this.#transfer = undefined;
    }
    return this.#stats;
  }

  /**
   * The fleet describes the same object, in the same geometry, anew: with other channels, rates, servers. What has been received
   * stays.
   */
  renew(descriptor: Descriptor): void {
    try {
      checkChannels(descriptor, this.#options);
    } catch (error) {
      this.stop(error);
      return;
    }
    this.#descriptor = descriptor;
    this.#transfer?.renew(descriptor);
    if (this.isReceiving) this.#checkRate(descriptor);
  }

  /** Leaves and makes `run` reject with `reason`. */
  stop(reason: unknown): void {
    this.#stop ??= { reason };
    this.#transfer?.stop(reason);
  }

  /** Does what the time asks for; its owner calls it every 50 ms. */
  tick(nowUs: number, latenessUs: number): void {
    this.#transfer?.tick(nowUs, latenessUs);
  }

  /** The lowest channel is joined whatever is allowed: without it, nothing would ever come. */
  #checkRate({ channels, symbolBytes }: Descriptor): void {
    const { maxRateBitsPerSecond: max, channels: picked } = this.#options;
    const lowest = Math.min(...channels.map(({ intervalUs }) => rateOf(intervalUs, symbolBytes)));
    if (max !== undefined && picked === undefined && max < lowest) this.#world.onWarning(rateBelowLadder(max, lowest));
  }

  #open(store: ObjectStore): Transfer {
    const { clock, network, emit, solver, faults, tally, onDescriptor, onWarning } = this.#world;
    return new Transfer({
      descriptor: this.#descriptor,
      store,
      policyOf: (descriptor) => policyFor(descriptor, this.#options),
      interface: this.#options.interface,
      faults,
      tally,
      clock,
      network,
      solver,
      onDescriptor,
      onJoin: (event) => emit('join', event),
      onLeave: (event) => emit('leave', event),
      onWarning,
    });
  }
}
