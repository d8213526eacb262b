import type { Destination } from '../../base/ports.js';
import type { Geometry } from '../../object/geometry.js';
import { DEFAULT_ANNOUNCE_RATE } from '../../sender/announce/announce-pace.js';
import { Broadcast } from '../../sender/broadcast.js';
import type { BroadcastObject } from '../../sender/broadcast-object.js';
import { Publication } from '../../sender/publication.js';
import type { SymbolSource } from '../../sender/slab.js';
import { SourceSymbols } from '../../sender/source-symbols.js';
import { addressFromBytes } from '../../wire/address.js';
import { NO_CODE } from '../../wire/descriptor.js';
import type { VirtualHost } from '../net/host.js';
import { CodedSymbols } from '../object/coded-symbols.js';
import { ContentSource } from '../object/content.js';
import { announcementOf, type SimulatedObject } from '../object/object.js';
import type { Prng } from '../random/prng.js';

export interface ServerOptions {
  readonly host: VirtualHost;
  /** The server's index in the descriptors. */
  readonly serverIndex: number;
  /** Gives the first sequence numbers. */
  readonly prng: Prng;
  /** Interval in which all objects are announced once. @default 1 s */
  readonly announceIntervalUs?: number | undefined;
  /** Highest rate of announcements. @default 256 kbit/s */
  readonly announceRateBitsPerSecond?: number | undefined;
  /** Time that each read from the disk takes. @default 0 */
  readonly readUs?: number | undefined;
  /** Of each channel, the longest time of its rate that leaves at once. @default 1 ms */
  readonly burstsUs?: readonly (number | undefined)[] | undefined;
}

/** One server of a simulated fleet: the real sending code, on a virtual host. */
export class SimulatedServer {
  readonly host: VirtualHost;
  /** Errors that stopped objects. */
  readonly failures: unknown[] = [];
  /** Errors of the network as errno names; undefined when it accepted datagrams again. */
  readonly networkEvents: (string | undefined)[] = [];
  readonly broadcast: Broadcast;
  readonly #options: ServerOptions;
  readonly #published = new Map<SimulatedObject, SentObject>();

  constructor(options: ServerOptions) {
    const { host, prng } = options;
    this.#options = options;
    this.host = host;
    this.broadcast = new Broadcast(
      { clock: host.clock, network: host, random: () => prng.next() },
      {
        onLoss: (_, error) => this.failures.push(error),
        onNetwork: (_object, _channel, _group, failure) => this.networkEvents.push(failure),
        // No simulated server pauses a channel.
        onPause: () => undefined,
      },
    );
  }

  /**
   * From now on sends these objects, on all channels of theirs that belong to this server, instead of the objects before.
   */
  async publish(...objects: readonly SimulatedObject[]): Promise<void> {
    for (const [object, { sent }] of this.#published) {
      if (objects.includes(object)) continue;
      await this.broadcast.withdraw(sent);
      this.#published.delete(object);
    }
    const fleet = objects[0]?.descriptor.fleet;
    if (fleet !== undefined) await this.#announceAt(fleet);
    for (const object of objects) {
      const before = this.#published.get(object);
      if (before !== undefined && this.broadcast.has(before.sent)) continue;
      const next = this.#sentObject(object);
      this.#published.set(object, next);
      await this.broadcast.put(next.sent);
    }
  }

  /** Datagrams sent so far on the channels of an object. */
  sentCount(object: SimulatedObject): number {
    const published = this.#published.get(object);
    if (published === undefined) return 0;
    return this.broadcast.channelStats(published.sent).reduce((sum, { datagrams }) => sum + datagrams, 0);
  }

  /** The disk file that an object is read from. */
  sourceOf(object: SimulatedObject): ContentSource | undefined {
    return this.#published.get(object)?.source;
  }

  close(): void {
    void this.broadcast.stop();
  }

  #sentObject(object: SimulatedObject): SentObject {
    const { serverIndex, readUs, burstsUs } = this.#options;
    const { descriptor, record, blockDigests, content, serverKeys } = object;
    const publication = new Publication(descriptor, record, blockDigests, serverIndex, serverKeys[serverIndex]);
    const source = new ContentSource(content, this.host.clock, readUs);
    const own = descriptor.servers.find(({ index }) => index === serverIndex)?.channels;
    const channels = descriptor.channels.flatMap(({ group, port }, index) => {
      if (own?.includes(index) === false) return [];
      return [{ index, destination: this.#destination(addressFromBytes(group), port), burstUs: burstsUs?.[index] }];
    });
    const symbols = symbolsOf(object, source, publication.geometry);
    const sent = { name: descriptor.object, publication, symbols, channels, release: async () => undefined };
    return { sent, source };
  }

  async #announceAt(fleet: string): Promise<void> {
    const { announceIntervalUs = 1e6, announceRateBitsPerSecond = DEFAULT_ANNOUNCE_RATE } = this.#options;
    const { group, port } = announcementOf(fleet);
    await this.broadcast.announceAt({
      targets: [{ destination: this.#destination(group, port), slowdown: 1 }],
      pace: { intervalUs: announceIntervalUs, rateBitsPerSecond: announceRateBitsPerSecond },
    });
  }

  #destination(group: string, port: number): Destination {
    return { group, port, interface: undefined, source: this.host.address, hopLimit: 16, dscp: 0 };
  }
}

/** Undefined for an object of zeros: a new slab already holds its symbols. */
function symbolsOf(object: SimulatedObject, source: ContentSource, geometry: Geometry): SymbolSource | undefined {
  if (object.content.isBlank === true) return undefined;
  return object.descriptor.fecEncodingId === NO_CODE
    ? new SourceSymbols(source, geometry)
    : new CodedSymbols(source, object.encoders);
}

interface SentObject {
  readonly sent: BroadcastObject;
  readonly source: ContentSource;
}
