import type { KeyObject } from 'node:crypto';
import type { EventEmitter } from 'eventemitter3';
import type { LayercastError } from '../errors.js';
import type { Clock, Membership, MembershipRequest, Network } from '../ports.js';
import type { Descriptor } from '../wire/descriptor.js';
import { AnnouncementReader } from './announcements.js';
import { type ChannelChoice, checkChannels, policyFor } from './channel-choice.js';
import { FaultCounters } from './counters.js';
import { DescriptorInbox } from './descriptor-inbox.js';
import { fellSilent, neverFound, nothingReceived, outOfTime, Warnings, warningFor } from './endings.js';
import type { CompleteEvent, ReceiverEvents, ReceiverStats } from './events.js';
import { ObjectFetch } from './object-fetch.js';
import type { ObjectStore } from './object-store.js';
import type { DescriptorHandler } from './reception.js';
import type { BlockSolver } from './restoration.js';

/** How often the policy looks at what has come: ten times in a slot. */
export const TICK_US = 50_000;
const DEFAULT_PROGRESS_INTERVAL_US = 1_000_000;
/** Silence that is longer than this many intervals of the slowest channel is silence indeed. */
const PATIENCE_INTERVALS = 4;

export interface ReceiverDriverOptions extends ChannelChoice {
  readonly fleet: string;
  readonly object: string;
  readonly publicKey: KeyObject;
  /** Where the fleet announces. */
  readonly announcement: MembershipRequest;
  /** Ends with `TIMEOUT` after this long, with `NOBODY_SENDING` if nothing was ever heard; undefined never. */
  readonly timeoutUs: number | undefined;
  /** Ends with `NOBODY_SENDING` when nothing of the object was heard for this long. */
  readonly patienceUs: number;
  readonly lowestVersion: number;
  readonly acceptExpired: boolean;
  /** Time between two `progress` events. @default 1 s */
  readonly progressIntervalUs?: number;
}

/** What the driver needs of the world. */
export interface ReceiverWorld {
  readonly clock: Clock;
  readonly network: Network;
  /** Whether the file that this descriptor speaks of is there already, whole and right. */
  readonly isInPlace: (descriptor: Descriptor) => Promise<boolean>;
  readonly openStore: (descriptor: Descriptor) => Promise<ObjectStore>;
  /** Solves coded blocks. */
  readonly solver: BlockSolver;
  readonly emit: EventEmitter<ReceiverEvents>['emit'];
}

/** A newer version has been announced: what was being received is no longer wanted. */
class Superseded extends Error {}

/** Finds an object, receives its newest version, and says what it does. Runs once. */
export class ReceiverDriver {
  readonly #options: ReceiverDriverOptions;
  readonly #world: ReceiverWorld;
  readonly #faults = new FaultCounters();
  readonly #inbox: DescriptorInbox;
  readonly #warnings: Warnings;
  #fetch: ObjectFetch | undefined;
  #newest: Descriptor | undefined;
  #found: () => void = () => undefined;
  #failure: { readonly error: unknown } | undefined;
  #startedUs = 0;
  #progressUs = 0;
  #lastStats: ReceiverStats | undefined;

  constructor(options: ReceiverDriverOptions, world: ReceiverWorld) {
    this.#options = options;
    this.#world = world;
    this.#inbox = new DescriptorInbox(options, this.#faults);
    this.#warnings = new Warnings((event) => world.emit('warning', event));
  }

  /** Counts so far; undefined before a descriptor has been heard. */
  stats(): ReceiverStats | undefined {
    return this.#fetch?.stats() ?? this.#lastStats;
  }

  /**
   * Resolves with the final record when the object is whole and in its place.
   * @throws {LayercastError} `TIMEOUT`, `NOBODY_SENDING`, `ABORTED`, `VERSION_REFUSED`, `EXPIRED`, `RECORD_INVALID`,
   * or what disk and network say; progress is kept.
   */
  async run(signal: AbortSignal): Promise<CompleteEvent> {
    const { clock, network } = this.#world;
    this.#startedUs = clock.nowUs();
    this.#progressUs = this.#startedUs;
    const onAbort = () => this.#stop(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const announcements = new AnnouncementReader(this.#faults, this.#onDescriptor);
    let membership: Membership | undefined;
    let dueUs = this.#startedUs + TICK_US;
    let cancelTick = clock.schedule(dueUs, () => tick());
    const tick = () => {
      const nowUs = clock.nowUs();
      this.#tick(nowUs, nowUs - dueUs);
      dueUs = nowUs + TICK_US;
      cancelTick = clock.schedule(dueUs, tick);
    };
    try {
      membership = await network.join(this.#options.announcement, (batch) => announcements.handle(batch));
      return await this.#receive();
    } finally {
      signal.removeEventListener('abort', onAbort);
      cancelTick();
      await membership?.leave();
    }
  }

  async #receive(): Promise<CompleteEvent> {
    for (;;) {
      const descriptor = await this.#nextDescriptor();
      try {
        return await this.#receiveVersion(descriptor);
      } catch (error) {
        if (!(error instanceof Superseded)) throw error;
      }
    }
  }

  /** The newest descriptor, as soon as there is one. */
  async #nextDescriptor(): Promise<Descriptor> {
    while (this.#newest === undefined) {
      if (this.#failure) throw this.#failure.error;
      await new Promise<void>((resolve) => {
        this.#found = resolve;
      });
    }
    if (this.#failure) throw this.#failure.error;
    return this.#newest;
  }

  async #receiveVersion(descriptor: Descriptor): Promise<CompleteEvent> {
    const { emit, isInPlace, openStore } = this.#world;
    checkChannels(descriptor, this.#options);
    if (await isInPlace(descriptor)) {
      emit('descriptor', { descriptor, resumedBytes: descriptor.sizeBytes });
      return this.#complete(descriptor, nothingReceived(descriptor.sizeBytes, this.#faults));
    }
    const store = await openStore(descriptor);
    const fetch = this.#open(descriptor, store);
    this.#fetch = fetch;
    try {
      emit('descriptor', { descriptor, resumedBytes: fetch.resumedBytes });
      // Whatever came while the store was opened: a signal, a newer version.
      if (this.#failure) throw this.#failure.error;
      if (this.#newest !== descriptor) throw new Superseded();
      await fetch.run();
    } catch (error) {
      if (error instanceof Superseded) await store.discard();
      else await store.close();
      throw error;
    } finally {
      this.#lastStats = fetch.stats();
      this.#fetch = undefined;
    }
    return this.#complete(descriptor, this.#lastStats);
  }

  #open(descriptor: Descriptor, store: ObjectStore): ObjectFetch {
    const { clock, network, emit, solver } = this.#world;
    return new ObjectFetch({
      descriptor,
      store,
      policy: policyFor(descriptor, this.#options),
      interface: this.#options.announcement.interface,
      faults: this.#faults,
      clock,
      network,
      solver,
      onDescriptor: this.#onDescriptor,
      onJoin: (event) => emit('join', event),
      onLeave: (event) => emit('leave', event),
      onWarning: (event) => this.#warnings.warn(event),
    });
  }

  readonly #onDescriptor: DescriptorHandler = (header, bytes, start, length) => {
    const { clock } = this.#world;
    const finding = this.#inbox.handle(header, bytes, start, length, clock.nowUs(), clock.wallUs() / 1e6);
    if (finding?.kind === 'newest') this.#take(finding.descriptor);
    else if (finding?.kind === 'renewed') this.#fetch?.renew(finding.descriptor);
    else if (finding !== undefined) this.#warnings.warn(warningFor(finding));
  };

  #take(descriptor: Descriptor): void {
    const before = this.#newest;
    this.#newest = descriptor;
    this.#found();
    if (before === undefined) return;
    this.#warnings.warn(warningFor({ kind: 'newest', descriptor }));
    this.#fetch?.stop(new Superseded());
  }

  #tick(nowUs: number, latenessUs: number): void {
    const { timeoutUs, patienceUs, progressIntervalUs = DEFAULT_PROGRESS_INTERVAL_US } = this.#options;
    const fetch = this.#fetch;
    fetch?.tick(nowUs, latenessUs);
    if (fetch !== undefined && nowUs - this.#progressUs >= progressIntervalUs) {
      this.#progressUs = nowUs;
      this.#world.emit('progress', fetch.progress());
    }
    if (timeoutUs !== undefined && nowUs - this.#startedUs >= timeoutUs) {
      this.#stop(this.#newest === undefined ? this.#neverFound(timeoutUs) : outOfTime(timeoutUs));
    }
    if (fetch !== undefined) {
      const limitUs = Math.max(patienceUs, PATIENCE_INTERVALS * fetch.slowestIntervalUs);
      if (nowUs - fetch.lastHeardUs >= limitUs) this.#stop(fellSilent(this.#what, limitUs));
    } else if (this.#newest === undefined && nowUs - this.#startedUs >= patienceUs) {
      this.#stop(this.#neverFound(patienceUs));
    }
  }

  #stop(error: unknown): void {
    this.#failure ??= { error };
    this.#found();
    this.#fetch?.stop(this.#failure.error);
  }

  get #what(): string {
    return `${this.#options.fleet}/${this.#options.object}`;
  }

  #neverFound(limitUs: number): LayercastError {
    return neverFound(this.#what, limitUs, this.#warnings, this.#faults);
  }

  #complete(descriptor: Descriptor, stats: ReceiverStats): CompleteEvent {
    const event: CompleteEvent = {
      fleet: descriptor.fleet,
      object: descriptor.object,
      version: descriptor.version,
      bytes: descriptor.sizeBytes,
      sha256: Buffer.from(descriptor.sha256).toString('hex'),
      elapsedMs: Math.round((this.#world.clock.nowUs() - this.#startedUs) / 1000),
      ...stats,
    };
    this.#world.emit('complete', event);
    return event;
  }
}
