import type { AnnouncementWorld } from './announce/announcement-channel.js';
import type { BroadcastObject } from './broadcast-object.js';
import type { SenderDriver } from './driver.js';
import { Transmission } from './transmission.js';

export interface ObjectTransmissionsEvents {
  /** The object's bytes can no longer be read; one of its channels has stopped. */
  readonly onFailure: (error: unknown) => void;
  /** The network has begun to refuse datagrams of a channel (`failure` is an errno name or error code), or takes them again. */
  readonly onNetwork: (channel: number, group: string, failure: string | undefined) => void;
}

export interface ChannelStats {
  readonly channel: number;
  /** Datagrams handed to the system. */
  readonly datagrams: number;
  /** UDP payload of these datagrams. */
  readonly bytes: number;
  /** How many of these datagrams the system did not take. */
  readonly refusedDatagrams: number;
}

/** Runs all channels on which one server sends one object. The channels open, begin and end together. */
export class ObjectTransmissions {
  readonly #object: BroadcastObject;
  readonly #world: AnnouncementWorld;
  readonly #events: ObjectTransmissionsEvents;
  readonly #transmissions = new Map<number, Transmission>();

  constructor(object: BroadcastObject, world: AnnouncementWorld, events: ObjectTransmissionsEvents) {
    this.#object = object;
    this.#world = world;
    this.#events = events;
  }

  /** Opens all sockets and makes the first datagrams. Rejects with the first failure, after every channel's attempt has ended. */
  async open(): Promise<void> {
    const { publication, symbols, channels } = this.#object;
    const { clock, random } = this.#world;
    for (const { index, destination, burstUs } of channels) {
      const channel = publication.channel(index, clock, random(), burstUs);
      if (channel === undefined) continue;
      const events = {
        onFailure: this.#events.onFailure,
        onNetwork: (failure: string | undefined) => this.#events.onNetwork(index, destination.group, failure),
      };
      this.#transmissions.set(index, new Transmission(channel, destination, symbols, this.#world, events));
    }
    const opened = [...this.#transmissions.values()].map((transmission) => transmission.open());
    for (const outcome of await Promise.allSettled(opened)) if (outcome.status === 'rejected') throw outcome.reason;
  }

  start(driver: SenderDriver): void {
    for (const transmission of this.#transmissions.values()) driver.add(transmission);
  }

  stop(driver: SenderDriver): void {
    for (const transmission of this.#transmissions.values()) driver.remove(transmission);
  }

  stats(): readonly ChannelStats[] {
    return [...this.#transmissions].map(([channel, { channel: sender, refusedCount }]) => ({
      channel,
      datagrams: sender.sentCount,
      bytes: sender.sentBytes,
      refusedDatagrams: refusedCount,
    }));
  }
}
