import type { Destination } from '../ports.js';
import { Announcer } from '../sender/announcer.js';
import { SenderChannel } from '../sender/channel.js';
import { SenderDriver } from '../sender/driver.js';
import { Publication } from '../sender/publication.js';
import type { SymbolSource } from '../sender/slab.js';
import { SourceSymbols } from '../sender/source-symbols.js';
import { Transmission } from '../sender/transmission.js';
import { addressFromBytes } from '../wire/address.js';
import { NO_CODE } from '../wire/descriptor.js';
import { CodedSymbols } from './coded-symbols.js';
import { ContentSource } from './content.js';
import type { Prng } from './prng.js';
import { announcementOf, type SimulatedObject } from './simulated-object.js';
import type { VirtualHost } from './virtual-host.js';

export interface ServerOptions {
  readonly host: VirtualHost;
  /** Its index in the descriptors. */
  readonly serverIndex: number;
  /** Where first sequence numbers come from. */
  readonly prng: Prng;
  /** Time in which all objects are announced once. @default 1 s */
  readonly announceIntervalUs?: number | undefined;
  /** What each read from its disk takes. @default 0 */
  readonly readUs?: number | undefined;
}

/** One server of a simulated fleet: the real sending code, on a virtual host. */
export class SimulatedServer {
  readonly host: VirtualHost;
  /** What stopped objects, and what the network refused (errno names, undefined when it took datagrams again). */
  readonly failures: unknown[] = [];
  readonly networkEvents: (string | undefined)[] = [];
  readonly #options: ServerOptions;
  readonly #driver: SenderDriver;
  readonly #published = new Map<SimulatedObject, PublishedObject>();
  #announcements: readonly Transmission[] = [];

  constructor(options: ServerOptions) {
    this.#options = options;
    this.host = options.host;
    this.#driver = new SenderDriver(options.host.clock);
  }

  /** Sends these objects from now on, all their channels that are this server's, instead of those before. */
  async publish(...objects: readonly SimulatedObject[]): Promise<void> {
    for (const [object, { transmissions }] of this.#published) {
      if (objects.includes(object)) continue;
      for (const transmission of transmissions) this.#driver.remove(transmission);
      this.#published.delete(object);
    }
    for (const object of objects) {
      if (!this.#published.has(object)) this.#published.set(object, await this.#start(object));
    }
    await this.#announce(objects);
  }

  /** Datagrams sent so far on the channels of an object. */
  sentCount(object: SimulatedObject): number {
    const transmissions = this.#published.get(object)?.transmissions ?? [];
    return transmissions.reduce((sum, { channel }) => sum + channel.sentCount, 0);
  }

  /** The disk that an object is read from. */
  sourceOf(object: SimulatedObject): ContentSource | undefined {
    return this.#published.get(object)?.source;
  }

  close(): void {
    this.#driver.close();
  }

  async #start(object: SimulatedObject): Promise<PublishedObject> {
    const { serverIndex, readUs } = this.#options;
    const { descriptor, record, blockDigests, content } = object;
    const publication = new Publication(descriptor, record, blockDigests, serverIndex);
    const source = new ContentSource(content, this.host.clock, readUs);
    const symbols =
      descriptor.fecEncodingId === NO_CODE
        ? new SourceSymbols(source, publication.geometry)
        : new CodedSymbols(source, object.encoders);
    const own = descriptor.servers.find(({ index }) => index === serverIndex)?.channels;
    const transmissions = descriptor.channels.flatMap(({ group, port }, index) => {
      if (own?.includes(index) === false) return [];
      const channel = publication.channel(index, this.host.clock, this.#options.prng.next());
      if (channel === undefined) return [];
      const place = { group: addressFromBytes(group), port };
      return [this.#transmission(channel, place, symbols)];
    });
    await this.#open(transmissions);
    return { source, publication, transmissions };
  }

  async #announce(objects: readonly SimulatedObject[]): Promise<void> {
    for (const transmission of this.#announcements) this.#driver.remove(transmission);
    const { serverIndex, announceIntervalUs = 1e6, prng } = this.#options;
    const datagrams = objects.flatMap((object) => this.#published.get(object)?.publication.announcement ?? []);
    this.#announcements = [];
    if (datagrams.length === 0) return;
    const announcer = new Announcer(datagrams, serverIndex);
    const { clock } = this.host;
    const channel = new SenderChannel(announcer, announceIntervalUs / datagrams.length, clock.nowUs(), prng.next());
    this.#announcements = [this.#transmission(channel, announcementOf(objects[0]!.descriptor.fleet), undefined)];
    await this.#open(this.#announcements);
  }

  async #open(transmissions: readonly Transmission[]): Promise<void> {
    await Promise.all(transmissions.map((transmission) => transmission.open()));
    for (const transmission of transmissions) this.#driver.add(transmission);
  }

  #transmission(
    channel: SenderChannel,
    place: Pick<Destination, 'group' | 'port'>,
    symbols: SymbolSource | undefined,
  ): Transmission {
    const { host } = this;
    const destination = { ...place, interface: undefined, source: host.address, hopLimit: 16, dscp: 0 };
    return new Transmission(
      channel,
      destination,
      symbols,
      { clock: host.clock, network: host },
      {
        onFailure: (error) => this.failures.push(error),
        onNetwork: (failure) => this.networkEvents.push(failure),
      },
    );
  }
}

interface PublishedObject {
  readonly source: ContentSource;
  readonly publication: Publication;
  readonly transmissions: readonly Transmission[];
}
