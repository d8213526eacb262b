import type { Destination } from '../../base/ports.js';
import { type AnnouncePace, announceRoundUs, leastUs, packetBytes } from './announce-pace.js';
import { AnnouncementChannel, type AnnouncementWorld } from './announcement-channel.js';

/** Where a server announces. */
export interface AnnouncementPlace {
  readonly destination: Destination;
  /** On how many times the fleet's interval its rounds take here. */
  readonly slowdown: number;
}

/** Where and how fast a server announces what it sends. */
export interface AnnouncementPlan {
  readonly places: readonly AnnouncementPlace[];
  readonly pace: AnnouncePace;
}

export interface AnnouncementEvents {
  /** As in `BroadcastEvents`, of one announcement channel. */
  readonly onNetwork: (group: string, failure: string | undefined) => void;
}

/**
 * Announces what one server sends: each object once in the announce interval, evenly spread, within the bandwidth that
 * announcements may take. All changes take effect at once; none restarts what goes on.
 */
export class Announcements {
  readonly #world: AnnouncementWorld;
  readonly #onNetwork: AnnouncementEvents['onNetwork'];
  readonly #objects = new Map<string, readonly Uint8Array[]>();
  #roundBytes = 0;
  #plan: AnnouncementPlan = { places: [], pace: { intervalUs: 0, rateBitsPerSecond: Number.POSITIVE_INFINITY } };
  /** By their destination in text form. */
  #channels = new Map<string, AnnouncementChannel>();

  constructor(world: AnnouncementWorld, { onNetwork }: AnnouncementEvents) {
    this.#world = world;
    this.#onNetwork = onNetwork;
  }

  /** Announces there from now on. Channels that are there already go on. */
  moveTo(plan: AnnouncementPlan): void {
    this.#plan = plan;
    const before = this.#channels;
    this.#channels = new Map();
    for (const place of plan.places) {
      const key = JSON.stringify(place);
      this.#channels.set(key, before.get(key) ?? this.#open(place));
      before.delete(key);
    }
    for (const channel of before.values()) channel.close();
    this.#update();
  }

  /** @param datagrams pieces of the object's signed descriptor, at least one */
  put(name: string, datagrams: readonly Uint8Array[]): void {
    this.#roundBytes += bytesOf(datagrams) - bytesOf(this.#objects.get(name) ?? []);
    this.#objects.set(name, datagrams);
    for (const { loop } of this.#channels.values()) loop.put(name, datagrams);
    this.#update();
  }

  delete(name: string): void {
    this.#roundBytes -= bytesOf(this.#objects.get(name) ?? []);
    this.#objects.delete(name);
    for (const { loop } of this.#channels.values()) loop.delete(name);
    this.#update();
  }

  stop(): void {
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }

  #update(): void {
    for (const channel of this.#channels.values()) channel.update();
  }

  #open({ destination, slowdown }: AnnouncementPlace): AnnouncementChannel {
    const gapUs = (bytes: number, hasFresh: boolean) => {
      const { pace, places } = this.#plan;
      const slowdowns = places.map((place) => place.slowdown);
      if (hasFresh) return slowdown * leastUs(pace, bytes, slowdowns);
      return (slowdown * announceRoundUs(pace, this.#roundBytes, slowdowns) * bytes) / this.#roundBytes;
    };
    const onNetwork = (failure: string | undefined) => this.#onNetwork(destination.group, failure);
    const channel = new AnnouncementChannel(destination, this.#world, gapUs, onNetwork);
    for (const [name, datagrams] of this.#objects) channel.loop.put(name, datagrams);
    return channel;
  }
}

function bytesOf(datagrams: readonly Uint8Array[]): number {
  return datagrams.reduce((sum, { length }) => sum + packetBytes(length), 0);
}
