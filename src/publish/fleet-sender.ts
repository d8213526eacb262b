import type { EventEmitter } from 'eventemitter3';
import { LayercastError } from '../errors.js';
import type { Fleet, FleetObject } from '../fleet/fleet.js';
import { sendingsOf } from '../fleet/sendings.js';
import type { Clock, Network } from '../ports.js';
import { DEFAULT_ANNOUNCE_RATE } from '../sender/announce-pace.js';
import { Broadcast } from '../sender/broadcast.js';
import type { BroadcastObject } from '../sender/broadcast-object.js';
import { Publication } from '../sender/publication.js';
import { CodingThread } from './coding-thread.js';
import { publishEvent, type SenderEvents, type SenderStats } from './events.js';
import { IntermediateCache } from './intermediate-cache.js';
import { type ObjectSymbols, symbolsOf } from './object-symbols.js';
import { type Place, placeIn, type SendingPlace, settingsOf } from './place.js';
import { type PreparedObject, prepareObject } from './prepared-object.js';

/** The directory of all fleets is for people who look around; they wait a little longer than receivers. */
const DIRECTORY_SLOWDOWN = 3;
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

/** An object on the air. */
interface PublishedObject {
  readonly object: FleetObject;
  readonly prepared: PreparedObject;
  readonly sent: BroadcastObject;
  /** Changes when the object has to be sent differently. */
  readonly settings: string;
}

/** One server of a fleet, made to send what a fleet file says, and then what its next edition says. */
export class FleetSender {
  readonly #options: FleetSenderOptions;
  readonly #broadcast: Broadcast;
  readonly #intermediates: IntermediateCache;
  readonly #coding = new CodingThread();
  /** What is sent now, by object name. */
  readonly #published = new Map<string, PublishedObject>();
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
    this.#broadcast = new Broadcast(
      { clock, network, random },
      {
        onLoss: (object, error) => this.#lost(object, error),
        onNetwork: (object, channel, failure) => emit('network', { object: object?.name, channel, failure }),
      },
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
      if (!wanted.some(({ name }) => name === object.name)) await this.#withdraw(object, undefined);
    }
    await this.#announceAt(place);
    const errors: unknown[] = [];
    for (const object of wanted) await this.#publish(object, place).catch((error) => errors.push(error));
    this.#watch();
    if (this.#published.size === 0 && errors.length > 0) throw errors[0];
  }

  stats(): SenderStats {
    if (this.#finalStats !== undefined) return this.#finalStats;
    const objects = [...this.#published.values()].map(({ object, sent }) => ({
      object: object.name,
      version: object.version,
      channels: this.#broadcast.channelStats(sent),
    }));
    return { server: this.#place?.server.name, objects };
  }

  async stop(): Promise<void> {
    this.#finalStats = this.stats();
    this.#cancelWatch();
    await this.#broadcast.stop();
    this.#published.clear();
    await this.#coding.close();
  }

  async #publish(object: FleetObject, place: Place): Promise<void> {
    const before = this.#published.get(object.name);
    const settings = settingsOf(object, place);
    if (before?.settings === settings && (await isUnchanged(before))) return;
    try {
      const published = await this.#prepare(object, place, settings);
      await this.#broadcast.put(published.sent);
      this.#published.set(object.name, published);
      this.#options.emit('publish', publishEvent(object, published.prepared, place));
    } catch (error) {
      this.#options.signal.throwIfAborted();
      await this.#withdraw(object, error);
      throw error;
    }
  }

  async #prepare(object: FleetObject, place: Place, settings: string): Promise<PublishedObject> {
    const { clock, emit, signal, stateDir } = this.#options;
    const { fleet, server, key } = place;
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
    const sent: BroadcastObject = {
      name: object.name,
      publication: new Publication(prepared.descriptor, prepared.record, prepared.blockDigests, server.index),
      symbols,
      channels: sendingsOf(fleet, server)
        .filter((sending) => sending.object === object)
        .map(({ channel, hopLimit, dscp }) => ({
          index: channel.index,
          destination: { group: channel.group, port: channel.port, hopLimit, dscp, ...sendingPlaceOf(place) },
        })),
      release: async () => {
        await symbols.close();
        await prepared.source.close();
      },
    };
    return { object, prepared, sent, settings };
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

  /** An object has left the air by itself. */
  #lost({ name }: BroadcastObject, error: unknown): void {
    const published = this.#published.get(name);
    if (published === undefined) return;
    this.#published.delete(name);
    this.#options.emit('withdraw', { object: name, version: published.object.version, error });
  }

  async #withdraw(object: FleetObject, error: unknown): Promise<void> {
    const published = this.#published.get(object.name);
    this.#published.delete(object.name);
    if (published !== undefined) await this.#broadcast.withdraw(published.sent);
    this.#options.emit('withdraw', { object: object.name, version: object.version, error });
  }

  async #announceAt(place: Place): Promise<void> {
    const { fleet, server } = place;
    const rest = {
      hopLimit: server.hopLimit ?? fleet.hopLimit,
      dscp: server.dscp ?? fleet.dscp,
      ...sendingPlaceOf(place),
    };
    await this.#broadcast.announceAt({
      places: [
        { destination: { ...fleet.announcement, ...rest }, slowdown: 1 },
        { destination: { ...fleet.directory, ...rest }, slowdown: DIRECTORY_SLOWDOWN },
      ],
      pace: { intervalUs: fleet.announceIntervalUs, rateBitsPerSecond: DEFAULT_ANNOUNCE_RATE },
    });
  }

  #watch(): void {
    const { clock } = this.#options;
    this.#cancelWatch();
    this.#cancelWatch = clock.schedule(clock.nowUs() + WATCH_INTERVAL_US, () => {
      for (const { prepared, sent } of this.#published.values()) {
        prepared.source.checkUnchanged().catch((error: unknown) => this.#broadcast.fail(sent, error));
      }
      this.#watch();
    });
  }
}

/** False when the file has been changed or replaced since it was hashed. */
async function isUnchanged({ prepared }: PublishedObject): Promise<boolean> {
  return prepared.source.checkUnchanged().then(
    () => true,
    () => false,
  );
}

function sendingPlaceOf({ interface: interfaceName, source }: Place): SendingPlace {
  return { interface: interfaceName, source };
}
