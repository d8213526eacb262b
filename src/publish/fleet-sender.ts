import type { EventEmitter } from 'eventemitter3';
import { LayercastError } from '../base/errors.js';
import type { Clock, Network } from '../base/ports.js';
import { settledBy, unlessAborted } from '../base/waiting.js';
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
import { countedIn } from './shortfall.js';
import { findStation, fromOwnAddress, type Station } from './station.js';
import { CodingThread } from './symbols/coding-thread.js';
import { IntermediateCache } from './symbols/intermediate-cache.js';
import { Turns } from './turns.js';
import { Warnings, warningsOfStation } from './warnings/warnings.js';

/** Closing files takes some milliseconds. A file that is not closed by then has a disk that does not answer. */
const CLOSING_US = 50_000;

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
  /** Whether all objects of a fleet file have been sent or refused. */
  #hasStarted = false;
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
      turns: new Turns(clock),
    };
    this.#listening = new Listening({ clock, network, random }, this.#broadcast, this.#warnings);
    this.#proofs = new FleetProofs(this.#broadcast, this.#warnings);
    this.#watch = new ServerWatch(clock, this.#warnings, {
      objects: () => [...this.#objects.values()],
      hasKey: () => this.#station?.key !== undefined,
      isApplying: () => this.#isApplying,
      onIdle: () => this.#tellIdle(),
      counted: () => countedIn(this.stats()),
      prove: (nowS) => this.#prove(nowS),
    });
  }

  /**
   * Sends what `fleet` says from now on. Objects that have not changed go on without a gap. If an object cannot be sent as the
   * fleet file says, its error is emitted, and the other objects are not affected.
   *
   * @param superseded ends waiting for an interface, and for objects that alone are left since their disks do not answer, or a pipe brings nothing; the
   * promise then rejects with the reason of this signal
   * @throws {LayercastError} Faults of the whole server are thrown before anything changes: `UNKNOWN_HOST`, `UNKNOWN_INTERFACE`,
   * `KEY_INVALID`, `FILE_IN_USE`, …. When all objects are done, the error of the first refused object is thrown: after a reload
   * always, at the start only if no object can be sent.
   */
  async apply(fleet: Fleet, superseded: AbortSignal): Promise<void> {
    const { signal } = this.#options;
    this.#isApplying = true;
    try {
      const isFirst = !this.#hasStarted;
      this.#broadcast.setStarting(isFirst);
      const station = await this.#takeStation(fleet, superseded);
      const wanted = fleet.objects.filter(({ name }) => station.server.objects?.includes(name) ?? true);
      await this.#removeAllBut(wanted);
      await this.#broadcast.announceAt(announcementPlanOf(station));
      this.#listening.follow(station);
      for (const { name } of wanted) this.#objects.get(name)?.expectUpdate();
      const updates = wanted.map(async (object) => {
        const refused = await this.#served(object).update(object, station);
        // If the only object is refused at the start, the start ends with this error and no event is needed.
        if (refused !== undefined && (!isFirst || wanted.length > 1 || refused.retryMs !== undefined))
          this.#options.emit('refuse', refused);
        return refused;
      });
      const all = Promise.all(updates);
      // When the server stops before it is awaited.
      all.catch(() => undefined);
      const ofFiles = Promise.all(updates.filter((_, index) => wanted[index]!.content !== 'pipe'));
      // What comes from a pipe may take its time, as may a disk that does not answer: all other objects are sent, and proven to be the newest, before.
      await unlessAborted(Promise.race([ofFiles, this.#serving.turns.calm()]), signal);
      this.#watchOver();
      const refusals = await unlessAborted(all, AbortSignal.any([signal, superseded]));
      this.#watchOver();
      this.#hasStarted = true;
      await this.#proofs.settled;
      this.#throwFirst(
        refusals.filter((refused) => refused !== undefined),
        isFirst,
      );
    } finally {
      this.#isApplying = false;
      this.#broadcast.setStarting(false);
    }
  }

  /** All that does not come from a pipe, or from a disk that does not answer, is on the air or refused: watches it from now on. */
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

  /** Stops sending at once. Resolves when all files are closed, except those whose disks do not answer. */
  async stop(): Promise<void> {
    const { clock } = this.#options;
    this.#finalStats = this.stats();
    this.#watch.stop();
    this.#listening.close();
    await settledBy(clock.nowUs() + CLOSING_US, clock, this.#close());
    await this.#lock.release();
  }

  async #close(): Promise<void> {
    await this.#broadcast.stop();
    await this.#serving.coding.close();
    await Promise.all([...this.#objects.values()].map((object) => object.close()));
    await this.#serving.turns.ended();
    await this.#serving.contents.close();
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
