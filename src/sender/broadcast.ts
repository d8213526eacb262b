import { LayercastError } from '../base/errors.js';
import type { Destination } from '../base/ports.js';
import type { AnnouncementWorld } from './announce/announcement-channel.js';
import { type AnnouncementPlan, Announcements } from './announce/announcements.js';
import type { BroadcastObject } from './broadcast-object.js';
import { SenderDriver } from './driver.js';
import { type ChannelStats, ObjectTransmissions } from './object-transmissions.js';
import { OperationQueue } from './operation-queue.js';
import type { Publication } from './publication.js';

export interface BroadcastEvents {
  /**
   * An object has left the air by itself: its bytes can no longer be had (the error), or another object has taken a channel of
   * it (undefined).
   */
  readonly onLoss: (object: BroadcastObject, error: unknown) => void;
  /**
   * The network began (an errno name or error code) or ceased (undefined) to refuse datagrams to a group: of a
   * channel of an object, or of announcements where there is no object.
   */
  readonly onNetwork: (
    object: BroadcastObject | undefined,
    channel: number | undefined,
    group: string,
    failure: string | undefined,
  ) => void;
}

/**
 * All that one server has on the air: objects and their announcements. Every change goes through one queue and is whole when
 * the next one begins; so a channel (group and port) never has two owners, what is announced is what is sent, and nothing goes
 * on the air after `stop`. An object fails by itself, and its otherPaths notice nothing.
 */
export class Broadcast {
  readonly #world: AnnouncementWorld;
  readonly #events: BroadcastEvents;
  readonly #driver: SenderDriver;
  readonly #announcements: Announcements;
  readonly #queue = new OperationQueue();
  readonly #onAir = new Map<BroadcastObject, ObjectTransmissions>();
  readonly #releasing = new Set<Promise<void>>();

  constructor(world: AnnouncementWorld, events: BroadcastEvents) {
    this.#world = world;
    this.#events = events;
    this.#driver = new SenderDriver(world.clock);
    this.#announcements = new Announcements(world, {
      onNetwork: (group, failure) => events.onNetwork(undefined, undefined, group, failure),
    });
  }

  /** Objects on the air, in the order in which they came there. */
  get objects(): readonly BroadcastObject[] {
    return [...this.#onAir.keys()];
  }

  has(object: BroadcastObject): boolean {
    return this.#onAir.has(object);
  }

  /** What was sent of an object since it went on the air. */
  channelStats(object: BroadcastObject): readonly ChannelStats[] {
    return this.#onAir.get(object)?.stats() ?? [];
  }

  /**
   * Sends an object from now on, in the place of the one of the same name: that one goes when the new one can begin, and stays
   * when it cannot. Others whose channels it takes leave the air.
   *
   * @throws {LayercastError} `UNKNOWN_INTERFACE`, `NETWORK_UNAVAILABLE`, `ABORTED` after `stop`, or what the first read of its
   * bytes throws; the object is released then
   */
  async put(object: BroadcastObject): Promise<void> {
    const transmissions = new ObjectTransmissions(object, this.#world, {
      onFailure: (error) => void this.#lose(object, error),
      onNetwork: (channel, group, failure) => this.#events.onNetwork(object, channel, group, failure),
    });
    try {
      await this.#queue.run(async () => {
        await transmissions.open();
        this.#queue.throwIfClosed();
        this.#makeRoomFor(object);
        this.#onAir.set(object, transmissions);
        transmissions.start(this.#driver);
        this.#announcements.put(object.name, object.publication.announcement);
      });
    } catch (error) {
      transmissions.stop(this.#driver);
      await object.release();
      throw error;
    }
  }

  /** Takes an object off the air; false when it is not there. Resolves when it has been released. */
  async withdraw(object: BroadcastObject): Promise<boolean> {
    const released = await this.#queue.run(() => ({ done: this.#remove(object) }));
    await released.done;
    return released.done !== undefined;
  }

  /** Takes an object off the air because of a fault that its owner has found, as if a read of it had failed. */
  async fail(object: BroadcastObject, error: unknown): Promise<void> {
    await this.#lose(object, error);
  }

  /** Sends another record with an object from now on, without a gap; nothing happens when the object has left the air. */
  async renew(object: BroadcastObject, signed: Parameters<Publication['renew']>): Promise<void> {
    await this.#queue.run(() => {
      if (!this.#onAir.has(object)) return;
      object.publication.renew(...signed);
      this.#announcements.put(object.name, object.publication.announcement);
    });
  }

  /** Announces there from now on what is on the air. */
  async announceAt(plan: AnnouncementPlan): Promise<void> {
    await this.#queue.run(() => {
      const taken = new Set(plan.places.map(({ destination }) => channelOf(destination)));
      for (const other of this.#ownersOf(taken)) this.#giveUp(other);
      this.#announcements.moveTo(plan);
    });
  }

  /** Sends nothing from now on; resolves when all objects have been released. */
  async stop(): Promise<void> {
    const ended = this.#queue.close();
    this.#announcements.stop();
    for (const object of this.objects) this.#remove(object);
    this.#driver.close();
    await ended;
    await Promise.all(this.#releasing);
  }

  async #lose(object: BroadcastObject, error: unknown): Promise<void> {
    const isLost = this.#queue.run(() => {
      if (this.#remove(object) !== undefined) this.#events.onLoss(object, error);
    });
    await isLost.catch((reason: unknown) => {
      // After `stop` nothing is on the air that could be lost.
      if (!(reason instanceof LayercastError && reason.code === 'ABORTED')) throw reason;
    });
  }

  #makeRoomFor(object: BroadcastObject): void {
    const taken = new Set(object.channels.map(({ destination }) => channelOf(destination)));
    for (const before of this.objects) if (before.name === object.name) this.#remove(before);
    for (const other of this.#ownersOf(taken)) this.#giveUp(other);
  }

  #ownersOf(taken: ReadonlySet<string>): readonly BroadcastObject[] {
    return this.objects.filter(({ channels }) => channels.some((one) => taken.has(channelOf(one.destination))));
  }

  #giveUp(object: BroadcastObject): void {
    this.#remove(object);
    this.#events.onLoss(object, undefined);
  }

  /** Undefined when the object is not on the air. */
  #remove(object: BroadcastObject): Promise<void> | undefined {
    const transmissions = this.#onAir.get(object);
    if (transmissions === undefined) return undefined;
    this.#onAir.delete(object);
    transmissions.stop(this.#driver);
    this.#announcements.delete(object.name);
    const released = object.release().finally(() => this.#releasing.delete(released));
    this.#releasing.add(released);
    return released;
  }
}

function channelOf({ group, port }: Destination): string {
  return `[${group}]:${port}`;
}
