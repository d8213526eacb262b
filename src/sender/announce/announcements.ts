import type { Destination } from '../../base/ports.js';
import { Flag } from '../../wire/header.js';
import { type AnnouncePace, announceRoundUs, leastUs, packetBytes } from './announce-pace.js';
import { AnnouncementChannel, type AnnouncementWorld } from './announcement-channel.js';
import type { AnnouncedTurns } from './announcement-loop.js';

/** A group to which a server sends announcements. */
export interface AnnouncementTarget {
  readonly destination: Destination;
  /** How many times the fleet's announce interval a round takes on this group. */
  readonly slowdown: number;
}

/** Where and how fast a server announces its objects. */
export interface AnnouncementPlan {
  readonly targets: readonly AnnouncementTarget[];
  readonly pace: AnnouncePace;
}

export interface AnnouncementEvents {
  /** As in `BroadcastEvents`, for one announcement channel. */
  readonly onNetwork: (group: string, failure: string | undefined) => void;
}

/**
 * Announces the objects of one server: each once in the announce interval, evenly spread, within the rate of the pace. Changes take
 * effect at once and do not restart the round.
 */
export class Announcements {
  /** Whether objects are still being prepared that the server will announce: receivers then take none for withdrawn. */
  isStarting = false;
  readonly #world: AnnouncementWorld;
  readonly #onNetwork: AnnouncementEvents['onNetwork'];
  readonly #objects = new Map<string, AnnouncedTurns>();
  #roundBytes = 0;
  #plan: AnnouncementPlan = { targets: [], pace: { intervalUs: 0, rateBitsPerSecond: Number.POSITIVE_INFINITY } };
  /** By their target as JSON. */
  #channels = new Map<string, AnnouncementChannel>();

  constructor(world: AnnouncementWorld, { onNetwork }: AnnouncementEvents) {
    this.#world = world;
    this.#onNetwork = onNetwork;
  }

  /** Announces by this plan from now on. Channels that are also in the previous plan continue. */
  moveTo(plan: AnnouncementPlan): void {
    this.#plan = plan;
    const before = this.#channels;
    this.#channels = new Map();
    for (const target of plan.targets) {
      const key = JSON.stringify(target);
      this.#channels.set(key, before.get(key) ?? this.#open(target));
      before.delete(key);
    }
    for (const channel of before.values()) channel.close();
    this.#update();
  }

  /**
   * Announces these from now on. What is announced already goes on as it is: lists that are in turn would never all have theirs if each change of
   * others began with the first.
   *
   * @param turns pieces of the object's signed descriptor, at least one. Of several lists of pieces, each round announces the next.
   */
  put(name: string, ...turns: AnnouncedTurns): void {
    if (isSame(this.#objects.get(name), turns)) return;
    this.#roundBytes += bytesOf(turns) - bytesOf(this.#objects.get(name) ?? []);
    this.#objects.set(name, turns);
    for (const { loop } of this.#channels.values()) loop.put(name, turns);
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

  #open({ destination, slowdown }: AnnouncementTarget): AnnouncementChannel {
    const gapUs = (bytes: number, hasFresh: boolean) => {
      const { pace, targets } = this.#plan;
      const slowdowns = targets.map((target) => target.slowdown);
      if (hasFresh) return slowdown * leastUs(pace, bytes, slowdowns);
      return (slowdown * announceRoundUs(pace, this.#roundBytes, slowdowns) * bytes) / this.#roundBytes;
    };
    const onNetwork = (failure: string | undefined) => this.#onNetwork(destination.group, failure);
    const flags = () => (this.isStarting ? Flag.starting : 0);
    const channel = new AnnouncementChannel(destination, this.#world, gapUs, flags, onNetwork);
    for (const [name, turns] of this.#objects) channel.loop.put(name, turns);
    return channel;
  }
}

/** Bytes of packets in one round, those of the longest turn. */
function bytesOf(turns: AnnouncedTurns): number {
  return Math.max(0, ...turns.map((datagrams) => datagrams.reduce((sum, { length }) => sum + packetBytes(length), 0)));
}

function isSame(before: AnnouncedTurns | undefined, turns: AnnouncedTurns): boolean {
  return (
    before?.length === turns.length &&
    turns.every((pieces, turn) => Buffer.compare(Buffer.concat(pieces), Buffer.concat(before[turn]!)) === 0)
  );
}
