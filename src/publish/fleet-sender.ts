import type { EventEmitter } from 'eventemitter3';
import { LayercastError } from '../errors.js';
import type { Fleet, FleetObject } from '../fleet/fleet.js';
import { sendingsOf } from '../fleet/sendings.js';
import type { Clock, Network } from '../ports.js';
import { SenderDriver } from '../sender/driver.js';
import { Announcements } from './announcements.js';
import { CodingThread } from './coding-thread.js';
import { publishEvent, type SenderEvents, type SenderStats } from './events.js';
import { IntermediateCache } from './intermediate-cache.js';
import { type ObjectSymbols, symbolsOf } from './object-symbols.js';
import { type Place, placeIn, settingsOf } from './place.js';
import { type PreparedObject, prepareObject } from './prepared-object.js';
import { PublishedObject } from './published-object.js';

/** How often the files being sent are looked at. Reads find a change by themselves; this finds one in what is read seldom. */
const WATCH_INTERVAL_US = 1_000_000;

export interface FleetSenderOptions {
  readonly host: string | undefined;
  readonly interface: string | undefined;
  readonly stateDir: string;
  /** Most bytes of intermediate symbols kept in `stateDir`. */
  readonly cacheBytes: number;
  /** Threads that encode at once; undefined as suits the blocks. */
  readonly threadCount: number | undefined;
  readonly network: Network;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly emit: EventEmitter<SenderEvents>['emit'];
}

/** One server of a fleet, made to send what a fleet file says, and then what its next edition says. */
export class FleetSender {
  readonly #options: FleetSenderOptions;
  readonly #driver: SenderDriver;
  readonly #announcements: Announcements;
  readonly #intermediates: IntermediateCache;
  readonly #coding = new CodingThread();
  /** What is sent now, by object name; with a text that changes when the object has to be sent differently. */
  readonly #published = new Map<string, { readonly settings: string; readonly object: PublishedObject }>();
  /** What was sent under each name last, also when it has been withdrawn. */
  readonly #sent = new Map<string, { readonly version: number; readonly sha256: string }>();
  #place: Place | undefined;
  #cancelWatch: () => void = () => undefined;
  /** What had been sent when it was stopped. */
  #finalStats: SenderStats | undefined;

  constructor(options: FleetSenderOptions) {
    const { clock, network, random, emit, stateDir, cacheBytes, threadCount } = options;
    this.#options = options;
    this.#intermediates = new IntermediateCache({ stateDir, limitBytes: cacheBytes, threadCount });
    this.#driver = new SenderDriver(clock);
    this.#announcements = new Announcements({ clock, network, random, driver: this.#driver }, (failure) =>
      emit('network', { object: undefined, channel: undefined, failure }),
    );
  }

  /**
   * Sends what `fleet` says from now on. Objects that are as before go on without a gap; one that cannot be sent is withdrawn
   * with its error, and the others are not affected.
   *
   * @throws {LayercastError} before anything changes for what concerns the whole: `UNKNOWN_HOST`, `UNKNOWN_INTERFACE`,
   * `KEY_INVALID`, …; and the first object's error when no object at all can be sent.
   */
  async apply(fleet: Fleet): Promise<void> {
    const place = await placeIn(fleet, this.#options.host, this.#options.interface);
    this.#place = place;
    const wanted = fleet.objects.filter(({ name }) => place.server.objects?.includes(name) ?? true);
    for (const { object } of this.#published.values()) {
      if (!wanted.some(({ name }) => name === object.object.name)) await this.#withdraw(object.object, undefined);
    }
    const errors: unknown[] = [];
    for (const object of wanted) await this.#publish(object, place).catch((error) => errors.push(error));
    await this.#announce();
    this.#watch();
    if (this.#published.size === 0 && errors.length > 0) throw errors[0];
  }

  stats(): SenderStats {
    if (this.#finalStats !== undefined) return this.#finalStats;
    const objects = [...this.#published].map(([name, { object }]) => ({
      object: name,
      version: object.object.version,
      channels: object.channelStats(),
    }));
    return { server: this.#place?.server.name, objects };
  }

  async stop(): Promise<void> {
    this.#finalStats = this.stats();
    this.#cancelWatch();
    this.#announcements.stop();
    await Promise.all([...this.#published.values()].map(({ object }) => object.stop()));
    this.#published.clear();
    await this.#coding.close();
    this.#driver.close();
  }

  async #publish(object: FleetObject, place: Place): Promise<void> {
    const before = this.#published.get(object.name);
    const settings = settingsOf(object, place);
    if (before?.settings === settings && (await before.object.isUnchanged())) return;
    try {
      const published = await this.#prepare(object, place);
      // The new is ready before the old stops, so that the change takes no longer than opening sockets.
      await before?.object.stop();
      this.#published.delete(object.name);
      await published.start(sendingsOf(place.fleet, place.server), {
        interface: place.interface,
        source: place.source,
      });
      this.#published.set(object.name, { settings, object: published });
      this.#options.emit('publish', publishEvent(published, place));
    } catch (error) {
      this.#options.signal.throwIfAborted();
      await this.#withdraw(object, error);
      throw error;
    }
  }

  async #prepare(object: FleetObject, { fleet, server, key }: Place): Promise<PublishedObject> {
    const { clock, network, random, emit, signal, stateDir } = this.#options;
    const prepared = await prepareObject(fleet, object, {
      key,
      signal,
      stateDir,
      nowS: Math.floor(clock.wallUs() / 1e6),
      onHashing: (bytes, totalBytes) => emit('hashing', { object: object.name, bytes, totalBytes }),
    });
    const symbols = await this.#symbolsOf(object, prepared).catch(async (error: unknown) => {
      await prepared.source.close();
      throw error;
    });
    const published: PublishedObject = new PublishedObject(
      object,
      prepared,
      symbols,
      server.index,
      { clock, network, random, driver: this.#driver },
      {
        onFailure: (error) => void this.#fail(published, error),
        onNetwork: (channel, failure) => emit('network', { object: object.name, channel, failure }),
      },
    );
    return published;
  }

  async #symbolsOf(object: FleetObject, prepared: PreparedObject): Promise<ObjectSymbols> {
    const { emit, signal } = this.#options;
    this.#checkVersion(object, prepared);
    return symbolsOf(prepared, {
      cache: this.#intermediates,
      thread: this.#coding,
      signal,
      onEncoding: (bytes, totalBytes) => emit('encoding', { object: object.name, bytes, totalBytes }),
    });
  }

  /** Receivers take a version number for one content: what some of them have begun must not become something else. */
  #checkVersion(object: FleetObject, prepared: PreparedObject): void {
    const sha256 = Buffer.from(prepared.descriptor.sha256).toString('hex');
    const sent = this.#sent.get(object.name);
    if (sent?.version === object.version && sent.sha256 !== sha256) {
      throw new LayercastError(
        'VERSION_REFUSED',
        `${object.name}: other content was sent as version ${object.version} before`,
        {
          hint: 'Raise its version in the fleet file, and reload',
        },
      );
    }
    this.#sent.set(object.name, { version: object.version, sha256 });
  }

  /** Takes an object off the air because it can no longer be sent. */
  async #fail(published: PublishedObject, error: unknown): Promise<void> {
    if (this.#published.get(published.object.name)?.object !== published) return;
    await this.#withdraw(published.object, error);
    await this.#announce();
  }

  async #withdraw(object: FleetObject, error: unknown): Promise<void> {
    await this.#published.get(object.name)?.object.stop();
    this.#published.delete(object.name);
    this.#options.emit('withdraw', { object: object.name, version: object.version, error });
  }

  async #announce(): Promise<void> {
    if (this.#place === undefined) return;
    const { fleet, server, interface: interfaceName, source } = this.#place;
    const datagrams = [...this.#published.values()].flatMap(({ object }) => object.publication.announcement);
    await this.#announcements.replace(datagrams, fleet, server, { interface: interfaceName, source });
  }

  #watch(): void {
    const { clock } = this.#options;
    this.#cancelWatch();
    this.#cancelWatch = clock.schedule(clock.nowUs() + WATCH_INTERVAL_US, () => {
      for (const { object } of this.#published.values()) {
        object.prepared.source.checkUnchanged().catch((error: unknown) => this.#fail(object, error));
      }
      this.#watch();
    });
  }
}
