import type { KeyObject } from 'node:crypto';
import { hostname } from 'node:os';
import type { EventEmitter } from 'eventemitter3';
import { LayercastError } from '../errors.js';
import type { Fleet, FleetObject, FleetServer } from '../fleet/fleet.js';
import { readText } from '../fleet/read-text.js';
import { sendingsOf } from '../fleet/sendings.js';
import { chooseInterface, usableInterfaces } from '../net/interfaces.js';
import type { Clock, Network } from '../ports.js';
import { SenderDriver } from '../sender/driver.js';
import { privateKeyFrom } from '../wire/signature.js';
import { Announcements } from './announcements.js';
import { chooseServer } from './choose-host.js';
import { CodingThread } from './coding-thread.js';
import { IntermediateCache } from './intermediate-cache.js';
import { symbolsOf } from './object-symbols.js';
import { prepareObject } from './prepared-object.js';
import { type ChannelStats, PublishedObject, type SendingPlace } from './published-object.js';

/** How often the files being sent are looked at. Reads find a change by themselves; this finds one in what is read seldom. */
const WATCH_INTERVAL_US = 1_000_000;

/** What a sender tells while it works. */
export interface SenderEvents {
  /** An object goes on the air, or comes back changed. */
  readonly publish: (event: PublishEvent) => void;
  /** An object is no longer sent, because the fleet file no longer has it (no error) or because of a fault. */
  readonly withdraw: (event: WithdrawEvent) => void;
  /** A file is being hashed, which happens once per content; at most every 64 MB. */
  readonly hashing: (event: { readonly object: string; readonly bytes: number; readonly totalBytes: number }) => void;
  /** A file is being encoded, which happens once per content with `code: raptorq`; at most every 64 MB. */
  readonly encoding: (event: { readonly object: string; readonly bytes: number; readonly totalBytes: number }) => void;
  /** The system began to refuse datagrams of a channel (an errno name), or takes them again (undefined). */
  readonly network: (event: NetworkEvent) => void;
}

export interface PublishEvent {
  readonly server: string;
  readonly interface: string | undefined;
  readonly object: string;
  readonly version: number;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly channels: readonly {
    readonly channel: number;
    readonly group: string;
    readonly port: number;
    readonly rateBitsPerSecond: number;
  }[];
}

export interface WithdrawEvent {
  readonly object: string;
  readonly version: number;
  readonly error: unknown;
}

export interface NetworkEvent {
  /** Undefined for announcements. */
  readonly object: string | undefined;
  readonly channel: number | undefined;
  readonly failure: string | undefined;
}

export interface SenderStats {
  readonly server: string | undefined;
  readonly objects: readonly {
    readonly object: string;
    readonly version: number;
    readonly channels: readonly ChannelStats[];
  }[];
}

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
    const place = await this.#placeOf(fleet);
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

  async #placeOf(fleet: Fleet): Promise<Place> {
    const { host, interface: interfaceName } = this.#options;
    const addresses = usableInterfaces().flatMap((usable) => usable.addresses);
    const server = chooseServer(fleet, host, { name: hostname(), addresses });
    const chosen = chooseInterface(interfaceName ?? server.interface ?? fleet.interface);
    const key = fleet.keyPath === undefined ? undefined : await readPrivateKey(fleet.keyPath);
    return { fleet, server, key, interface: chosen.name, source: sourceOf(fleet, server, addresses) };
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
    const symbols = await symbolsOf(prepared, {
      cache: this.#intermediates,
      thread: this.#coding,
      signal,
      onEncoding: (bytes, totalBytes) => emit('encoding', { object: object.name, bytes, totalBytes }),
    }).catch(async (error: unknown) => {
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

/** Which server this host is and from where it sends. */
interface Place extends SendingPlace {
  readonly fleet: Fleet;
  readonly server: FleetServer;
  readonly key: KeyObject | undefined;
}

/**
 * The address to send from. Receivers of a source-specific fleet hear nothing from any other; elsewhere the file may as well
 * be one that was written for other hosts.
 */
function sourceOf(fleet: Fleet, server: FleetServer, addresses: readonly string[]): string | undefined {
  const { address, name } = server;
  if (address === undefined || addresses.includes(address)) return address;
  if (!fleet.ssm) return undefined;
  throw new LayercastError(
    'UNKNOWN_HOST',
    `server ${name} has the address ${address}, which is not one of this host's`,
    {
      hint: `Give it to an interface, or change the fleet file; here: ${addresses.join(', ') || 'none'}`,
    },
  );
}

async function readPrivateKey(path: string): Promise<KeyObject> {
  return privateKeyFrom(await readText(path), path);
}

/** Everything that the datagrams of an object depend on, except the file's content. */
function settingsOf(object: FleetObject, { fleet, server, interface: interfaceName }: Place): string {
  const { objects: _, ...whole } = fleet;
  return JSON.stringify([object, whole, server, interfaceName]);
}

function publishEvent(
  { object, prepared }: PublishedObject,
  { server, interface: interfaceName }: Place,
): PublishEvent {
  return {
    server: server.name,
    interface: interfaceName,
    object: object.name,
    version: object.version,
    bytes: prepared.descriptor.sizeBytes,
    sha256: Buffer.from(prepared.descriptor.sha256).toString('hex'),
    channels: object.channels
      .filter(({ index }) => server.channels?.includes(index) ?? true)
      .map(({ index, group, port, rateBitsPerSecond }) => ({ channel: index, group, port, rateBitsPerSecond })),
  };
}
