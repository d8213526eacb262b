import type { EventEmitter } from 'eventemitter3';
import pLimit from 'p-limit';
import { LayercastError } from '../base/errors.js';
import type { Clock, Network } from '../base/ports.js';
import type { Fleet, FleetObject } from '../fleet/fleet.js';
import { Broadcast } from '../sender/broadcast.js';
import { announcementPlanOf } from './announcement-plan.js';
import { Contents } from './contents/contents.js';
import type { RefuseEvent, SenderEvents, SenderStats } from './events.js';
import { FleetProofs } from './fleet-proofs.js';
import { Listening } from './listening.js';
import { ServedObject, type Serving } from './served-object.js';
import { ServerLock } from './server-lock.js';
import { ServerWatch } from './server-watch.js';
import type { SentAndSkipped } from './shortfall.js';
import { findStation, fromOwnAddress, type Station } from './station.js';
import { CodingThread } from './symbols/coding-thread.js';
import { IntermediateCache } from './symbols/intermediate-cache.js';
import { Warnings, warningsOfStation } from './warnings/warnings.js';

export interface FleetSenderOptions {
  readonly host: string | undefined;
  readonly interface: string | undefined;
  /** Whether to wait for an interface, or an address, that is not there yet. */
  readonly wait: boolean;
  readonly stateDir: string;
  /** Most bytes of intermediate symbols kept in `stateDir`. */
  readonly cacheBytes: number;
  /** Most bytes of copies of contents in `stateDir`: archives of folders, and what came from a pipe. */
  readonly spoolBytes: number;
  /** Threads that encode at once; undefined: chosen by the size of blocks. */
  readonly threadCount: number | undefined;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly emit: EventEmitter<SenderEvents>['emit'];
  /** Whether the fleet file is going to be read again. */
  readonly isReloadDue: () => boolean;
  /** Called when nothing is sent, and nothing will be before a reload. */
  readonly onIdle: (error: LayercastError) => void;
}

/**
 * One server of a fleet. It sends what a fleet file says, and changes to what the file says after each reload. `Broadcast` owns
 * what is on the air; this class has the files, keys and threads.
 */
export class FleetSender {
  readonly #options: FleetSenderOptions;
  readonly #broadcast: Broadcast;
  readonly #serving: Serving;
  readonly #lock: ServerLock;
  readonly #warnings: Warnings;
  readonly #watch: ServerWatch;
  readonly #proofs: FleetProofs;
  readonly #listening: Listening;
  /** By name: the objects of the fleet file, which limits their number. */
  readonly #objects = new Map<string, ServedObject>();
  #station: Station | undefined;
  #isApplying = false;
  /** The statistics at the moment of `stop`. */
  #finalStats: SenderStats | undefined;

  constructor(options: FleetSenderOptions) {
    const { clock, random, emit, signal, stateDir, cacheBytes, spoolBytes, threadCount, isReloadDue } = options;
    this.#options = options;
    this.#lock = new ServerLock(stateDir);
    this.#warnings = new Warnings((event) => emit('warning', event));
    const network = fromOwnAddress(options.network, () => this.#station?.fleet.ssm ?? false);
    this.#broadcast = new Broadcast(
      { clock, network, random },
      {
        onLoss: (object, error) => this.#objects.get(object.name)?.lost(object, error),
        onNetwork: (object, channel, group, failure) => {
          emit('network', { object: object?.name, channel, group, failure });
        },
        onPause: ({ name }, channel, group, pausedFor) => emit('pause', { object: name, channel, group, pausedFor }),
      },
    );
    this.#serving = {
      broadcast: this.#broadcast,
      clock,
      stateDir,
      contents: new Contents(stateDir, spoolBytes),
      intermediates: new IntermediateCache({ stateDir, limitBytes: cacheBytes, threadCount }),
      coding: new CodingThread(),
      emit,
      signal,
      isReloadDue,
      oneByOne: pLimit(1),
    };
    this.#listening = new Listening({ clock, network, random }, this.#broadcast, this.#warnings);
    this.#proofs = new FleetProofs(this.#broadcast, this.#warnings);
    this.#watch = new ServerWatch(clock, this.#warnings, {
      objects: () => [...this.#objects.values()],
      hasKey: () => this.#station?.key !== undefined,
      isApplying: () => this.#isApplying,
      onIdle: () => this.#tellIdle(),
      counted: () => countedOf(this.stats()),
      prove: (nowS) => this.#prove(nowS),
    });
  }

  /**
   * Sends what `fleet` says from now on. Objects that have not changed go on without a gap. If an object cannot be sent as the
   * fleet file says, its error is emitted, and the other objects are not affected.
   *
   * @param superseded ends waiting for an interface; the promise then rejects with the reason of this signal
   * @throws {LayercastError} Faults of the whole server are thrown before anything changes: `UNKNOWN_HOST`, `UNKNOWN_INTERFACE`,
   * `KEY_INVALID`, `FILE_IN_USE`, …. When all objects are done, the error of the first refused object is thrown: after a reload
   * always, at the start only if no object can be sent.
   */
  async apply(fleet: Fleet, superseded: AbortSignal): Promise<void> {
    this.#isApplying = true;
    try {
      const isFirst = this.#station === undefined;
      this.#broadcast.setStarting(isFirst);
      const station = await this.#takeStation(fleet, superseded);
      const wanted = fleet.objects
        .filter(({ name }) => station.server.objects?.includes(name) ?? true)
        // What comes from a pipe may take its time, so all other objects are sent, and proven to be the newest, before.
        .toSorted((a, b) => Number(a.content === 'pipe') - Number(b.content === 'pipe'));
      await this.#removeAllBut(wanted);
      await this.#broadcast.announceAt(announcementPlanOf(station));
      this.#listening.follow(station);
      for (const { name } of wanted) this.#objects.get(name)?.expectUpdate();
      const refusals: RefuseEvent[] = [];
      for (const object of wanted) {
        if (object.content === 'pipe') this.#watchOver();
        const refused = await this.#served(object).update(object, station);
        if (refused === undefined) continue;
        refusals.push(refused);
        // If the only object is refused at the start, the start ends with this error and no event is needed.
        if (!isFirst || wanted.length > 1 || refused.retryMs !== undefined) this.#options.emit('refuse', refused);
      }
      // An object that has not changed does not throw when the server stops, so the signal is checked here.
      this.#options.signal.throwIfAborted();
      this.#watchOver();
      await this.#proofs.settled;
      this.#throwFirst(refusals, isFirst);
    } finally {
      this.#isApplying = false;
      this.#broadcast.setStarting(false);
    }
  }

  /** All that does not come from a pipe is on the air, or refused: watches it from now on. */
  #watchOver(): void {
    this.#broadcast.setStarting(false);
    this.#watch.start();
  }

  /** Announces the root and a catalogue of the objects on the air. */
  #prove(nowS: number): void {
    const station = this.#station;
    if (station === undefined) return;
    const onAir = [...this.#objects.values()].flatMap((object) => object.onAir ?? []);
    this.#proofs.update(
      station,
      onAir.map(({ prepared }) => prepared),
      nowS,
    );
  }

  stats(): SenderStats {
    if (this.#finalStats !== undefined) return this.#finalStats;
    const objects = [...this.#objects.values()].flatMap(({ name, onAir }) => {
      if (onAir === undefined) return [];
      return [{ object: name, version: onAir.object.version, channels: this.#broadcast.channelStats(onAir.sent) }];
    });
    return { server: this.#station?.server.name, objects };
  }

  async stop(): Promise<void> {
    this.#finalStats = this.stats();
    this.#watch.stop();
    this.#listening.close();
    await this.#broadcast.stop();
    await this.#serving.coding.close();
    await Promise.all([...this.#objects.values()].map((object) => object.close()));
    await this.#serving.contents.close();
    await this.#lock.release();
  }

  async #takeStation(fleet: Fleet, superseded: AbortSignal): Promise<Station> {
    const { host, interface: interfaceName, wait, stateDir, signal, emit } = this.#options;
    const station = await findStation(fleet, {
      host,
      interface: interfaceName,
      stateDir,
      interfaceBefore: this.#station?.interface,
      wait,
      signal: AbortSignal.any([signal, superseded]),
      onWaiting: (message) => emit('waiting', { message }),
    });
    const unlocked = await this.#lock.take(fleet.name, station.server.name, {
      signal,
      onWaiting: (message) => emit('waiting', { message }),
    });
    signal.throwIfAborted();
    this.#station = station;
    this.#warnings.forget();
    if (unlocked !== undefined) this.#warnings.tell(unlocked);
    for (const warning of await warningsOfStation(station)) this.#warnings.tell(warning);
    return station;
  }

  async #removeAllBut(wanted: readonly FleetObject[]): Promise<void> {
    for (const [name, object] of this.#objects) {
      if (wanted.some((one) => one.name === name)) continue;
      await object.remove();
      this.#objects.delete(name);
    }
  }

  #served({ name }: FleetObject): ServedObject {
    const served = this.#objects.get(name) ?? new ServedObject(name, this.#serving);
    this.#objects.set(name, served);
    return served;
  }

  #throwFirst(refusals: readonly RefuseEvent[], isFirst: boolean): void {
    const [first] = refusals;
    if (first === undefined) return;
    // The server has started if it has something to send, or tries again by itself.
    if (isFirst && [...this.#objects.values()].some(({ isIdle }) => !isIdle)) return;
    throw first.error;
  }

  #tellIdle(): void {
    const { server } = this.stats();
    const message = `server ${server} has nothing to send: no object of its fleet file can be sent`;
    this.#options.emit('idle', { message });
    this.#options.onIdle(
      new LayercastError('NOTHING_TO_SEND', message, { hint: 'See what was said about each object before' }),
    );
  }
}

function countedOf({ objects }: SenderStats): SentAndSkipped {
  const channels = objects.flatMap((object) => object.channels);
  return {
    sentCount: channels.reduce((sum, { datagrams }) => sum + datagrams, 0),
    skippedCount: channels.reduce((sum, { skippedDatagrams }) => sum + skippedDatagrams, 0),
  };
}
