import type { FleetObject } from '../fleet/fleet.js';
import type { Sending } from '../fleet/sendings.js';
import type { Clock, Destination, Network } from '../ports.js';
import type { SenderDriver } from '../sender/driver.js';
import { Publication } from '../sender/publication.js';
import { Transmission } from '../sender/transmission.js';
import type { ObjectSymbols } from './object-symbols.js';
import type { PreparedObject } from './prepared-object.js';

/** What sending needs of the world. */
export interface SendingWorld {
  readonly clock: Clock;
  readonly network: Network;
  readonly driver: SenderDriver;
  /** A whole number from 0 to 2^32 − 1, different each time. */
  readonly random: () => number;
}

/** From where a host sends. */
export type SendingPlace = Pick<Destination, 'interface' | 'source'>;

export interface PublishedObjectEvents {
  readonly onFailure: (error: unknown) => void;
  readonly onNetwork: (channel: number, failure: string | undefined) => void;
}

/** One object on the air: its channels' transmissions and its announcement. */
export class PublishedObject {
  readonly object: FleetObject;
  readonly prepared: PreparedObject;
  readonly publication: Publication;
  readonly #symbols: ObjectSymbols;
  readonly #world: SendingWorld;
  readonly #events: PublishedObjectEvents;
  readonly #transmissions = new Map<number, Transmission>();

  constructor(
    object: FleetObject,
    prepared: PreparedObject,
    symbols: ObjectSymbols,
    serverIndex: number,
    world: SendingWorld,
    events: PublishedObjectEvents,
  ) {
    this.object = object;
    this.prepared = prepared;
    this.#symbols = symbols;
    this.#world = world;
    this.#events = events;
    this.publication = new Publication(prepared.descriptor, prepared.record, prepared.blockDigests, serverIndex);
  }

  /** @throws {LayercastError} `NETWORK_UNAVAILABLE` when a channel cannot be sent on; none of them is then. */
  async start(sendings: readonly Sending[], place: SendingPlace): Promise<void> {
    const { clock, network, driver, random } = this.#world;
    for (const { object, channel, hopLimit, dscp } of sendings) {
      if (object !== this.object) continue;
      const sender = this.publication.channel(channel.index, clock, random());
      if (sender === undefined) continue;
      const transmission = new Transmission(
        sender,
        { group: channel.group, port: channel.port, hopLimit, dscp, ...place },
        this.#symbols,
        { clock, network },
        {
          onFailure: (error) => this.#events.onFailure(error),
          onNetwork: (failure) => this.#events.onNetwork(channel.index, failure),
        },
      );
      this.#transmissions.set(channel.index, transmission);
    }
    try {
      await Promise.all([...this.#transmissions.values()].map((transmission) => transmission.open()));
    } catch (error) {
      await this.stop();
      throw error;
    }
    for (const transmission of this.#transmissions.values()) driver.add(transmission);
  }

  /** False when the file has been changed or replaced since it was hashed. */
  async isUnchanged(): Promise<boolean> {
    return this.prepared.source.checkUnchanged().then(
      () => true,
      () => false,
    );
  }

  async stop(): Promise<void> {
    for (const transmission of this.#transmissions.values()) this.#world.driver.remove(transmission);
    await this.#symbols.close();
    await this.prepared.source.close();
  }

  channelStats(): readonly ChannelStats[] {
    return [...this.#transmissions].map(([channel, { channel: sender, refusedCount }]) => ({
      channel,
      datagrams: sender.sentCount,
      bytes: sender.sentBytes,
      refusedDatagrams: refusedCount,
    }));
  }
}

export interface ChannelStats {
  readonly channel: number;
  /** Handed to the system. */
  readonly datagrams: number;
  /** UDP payload of these. */
  readonly bytes: number;
  /** Of these, how many the system did not take. */
  readonly refusedDatagrams: number;
}
