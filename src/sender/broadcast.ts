import { LayercastError } from '../base/errors.js';
import type { Destination } from '../base/ports.js';
import { unlessAborted } from '../base/waiting.js';
import { deltaDescriptor } from '../wire/delta.js';
import type { AnnouncementWorld } from './announce/announcement-channel.js';
import type { AnnouncedTurns } from './announce/announcement-loop.js';
import { type AnnouncementPlan, Announcements } from './announce/announcements.js';
import { type BroadcastObject, destinationsOf } from './broadcast-object.js';
import { SenderDriver } from './driver.js';
import { type ChannelStats, ObjectTransmissions } from './object-transmissions.js';
import { channelOf, type PauseReason, Pauses } from './pauses.js';
import type { Publication } from './publication.js';
import { WindowPauses } from './window-pauses.js';

export interface BroadcastEvents {
  /**
   * The server has stopped sending an object without being asked to: the object's bytes can no longer be read (`error` says why),
   * or another object has taken one of its channels (`error` is undefined).
   */
  readonly onLoss: (object: BroadcastObject, error: unknown) => void;
  /**
   * The network has begun to refuse datagrams to a group (`failure` is an errno name or error code), or takes them again
   * (`failure` is undefined). Without `object`, the group is one of announcements; without `channel` alone, that of frames of iotupd.
   */
  readonly onNetwork: (
    object: BroadcastObject | undefined,
    channel: number | undefined,
    group: string,
    failure: string | undefined,
  ) => void;
  /** A channel of an object on the air pauses, or sends again (`pausedFor` is empty). Without `channel`, it is that of frames of iotupd. */
  readonly onPause: (
    object: BroadcastObject,
    channel: number | undefined,
    group: string,
    pausedFor: readonly PauseReason[],
  ) => void;
}

/**
 * Sends all objects of one server, and their announcements. "On the air" means being sent. Every change is made in one turn of the event
 * loop. So no channel (group and port) ever has two owners, the server announces exactly the objects that it sends, and sends nothing after
 * `stop`. If one object fails, or its disk hangs, the others are not affected. Calls about one object, or objects of one name, come one after the other.
 */
export class Broadcast {
  readonly #world: AnnouncementWorld;
  readonly #events: BroadcastEvents;
  readonly #driver: SenderDriver;
  readonly #announcements: Announcements;
  readonly #pauses = new Pauses();
  readonly #windows: WindowPauses;
  readonly #onAir = new Map<BroadcastObject, ObjectTransmissions>();
  /** The object on the air that has a channel, by `channelOf`. A fleet may have tens of thousands of channels, which all pause and begin at one moment. */
  readonly #owners = new Map<string, BroadcastObject>();
  readonly #releasing = new Set<Promise<void>>();
  #beside: readonly string[] = [];
  #isStopped = false;

  constructor(world: AnnouncementWorld, events: BroadcastEvents) {
    this.#world = world;
    this.#events = events;
    this.#driver = new SenderDriver(world.clock);
    this.#windows = new WindowPauses(world.clock, (destination, isPaused) =>
      this.setPaused(destination, 'schedule', isPaused),
    );
    this.#announcements = new Announcements(world, {
      onNetwork: (group, failure) => events.onNetwork(undefined, undefined, group, failure),
    });
  }

  /** The objects on the air, in the order in which they were started. */
  get objects(): readonly BroadcastObject[] {
    return [...this.#onAir.keys()];
  }

  has(object: BroadcastObject): boolean {
    return this.#onAir.has(object);
  }

  /** Counts of what was sent of an object since it went on the air; empty if it is not there. */
  channelStats(object: BroadcastObject): readonly ChannelStats[] {
    return this.#onAir.get(object)?.stats() ?? [];
  }

  /**
   * Sends an object from now on, instead of any object of the same name. The earlier object is removed only when the new one can
   * begin; if the new one cannot, the earlier one stays. Objects whose channels the new one takes are removed too.
   *
   * @param signal ends the waiting for the first read of its bytes
   * @throws {LayercastError} `UNKNOWN_INTERFACE`, `NETWORK_UNAVAILABLE`, `ABORTED` after `stop`, or the error of the first read of
   * its bytes. The object has then been released. Also the reason of the signal: the object is released then as soon as its disk lets it go.
   */
  async put(object: BroadcastObject, signal?: AbortSignal): Promise<void> {
    const transmissions = new ObjectTransmissions(object, this.#world, this.#pauses, {
      onFailure: (error) => this.#lose(object, error),
      onNetwork: (channel, group, failure) => this.#events.onNetwork(object, channel, group, failure),
      onPause: (channel, group, pausedFor) => this.#events.onPause(object, channel, group, pausedFor),
    });
    try {
      this.#throwIfStopped();
      await unlessAborted(transmissions.open(), signal);
      this.#throwIfStopped();
      this.#makeRoomFor(object);
      this.#windows.follow(object);
      this.#onAir.set(object, transmissions);
      for (const destination of destinationsOf(object)) this.#owners.set(channelOf(destination), object);
      transmissions.start(this.#driver);
      this.#announcements.put(object.name, object.publication.announcement);
    } catch (error) {
      transmissions.stop(this.#driver);
      const released = this.#release(object);
      if (!signal?.aborted) await released;
      throw error;
    }
  }

  /**
   * Pauses a channel for a reason from now on, whichever object has it, or takes this pause back. The channel's announcements go on. It continues
   * where it stopped, so that receivers see no loss.
   */
  setPaused(destination: Destination, reason: PauseReason, isPaused: boolean): void {
    if (!this.#pauses.set(destination, reason, isPaused)) return;
    const owner = this.#owners.get(channelOf(destination));
    if (owner !== undefined) this.#onAir.get(owner)?.applyPauses(this.#driver, destination);
  }

  /** Takes an object off the air. Resolves when the object has been released: to false if it was not on the air. */
  async withdraw(object: BroadcastObject): Promise<boolean> {
    this.#throwIfStopped();
    const released = this.#remove(object);
    await released;
    return released !== undefined;
  }

  /** Takes an object off the air because its owner has found a fault. The effect is that of a failed read. */
  async fail(object: BroadcastObject, error: unknown): Promise<void> {
    this.#lose(object, error);
  }

  /** Sends another record with an object from now on, without a gap. Does nothing if the object is not on the air. */
  async renew(object: BroadcastObject, signed: Parameters<Publication['renew']>): Promise<void> {
    this.#throwIfStopped();
    if (!this.#onAir.has(object)) return;
    const [descriptor, record] = signed;
    object.publication.renew(descriptor, record);
    const delta = deltaDescriptor(descriptor);
    if (delta !== undefined) object.delta?.publication.renew(delta, record);
    this.#windows.follow(object);
    this.#announcements.put(object.name, object.publication.announcement);
  }

  /** Says whether objects are still being prepared that the server will announce. Receivers then take none for withdrawn that is not announced yet. */
  setStarting(isStarting: boolean): void {
    this.#announcements.isStarting = isStarting;
  }

  /** Announces the objects on the air by this plan from now on. Objects whose channels the plan takes are removed. */
  async announceAt(plan: AnnouncementPlan): Promise<void> {
    this.#throwIfStopped();
    const taken = new Set(plan.targets.map(({ destination }) => channelOf(destination)));
    for (const other of this.#ownersOf(taken)) this.#giveUp(other);
    this.#announcements.moveTo(plan);
  }

  /**
   * Announces records beside those of the objects from now on: by name, lists of pieces of which each round announces the next. Records that
   * were announced before and are not among these are announced no more. @param records their names are no names of objects
   */
  async announceBeside(records: ReadonlyMap<string, AnnouncedTurns>): Promise<void> {
    this.#throwIfStopped();
    for (const name of this.#beside) if (!records.has(name)) this.#announcements.delete(name);
    for (const [name, turns] of records) this.#announcements.put(name, ...turns);
    this.#beside = [...records.keys()];
  }

  /** Stops sending. Resolves when all objects that were on the air have been released. A `put` under way rejects and releases its object. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#announcements.stop();
    this.#windows.stop();
    for (const object of this.objects) this.#remove(object);
    this.#driver.close();
    await Promise.all(this.#releasing);
  }

  /** After `stop`, no object is on the air that could be lost. */
  #lose(object: BroadcastObject, error: unknown): void {
    if (this.#remove(object) !== undefined) this.#events.onLoss(object, error);
  }

  #throwIfStopped(): void {
    if (this.#isStopped) throw new LayercastError('ABORTED', 'the sender was stopped');
  }

  #makeRoomFor(object: BroadcastObject): void {
    const taken = new Set(destinationsOf(object).map(channelOf));
    for (const before of this.objects) if (before.name === object.name) this.#remove(before);
    for (const other of this.#ownersOf(taken)) this.#giveUp(other);
  }

  #ownersOf(taken: ReadonlySet<string>): ReadonlySet<BroadcastObject> {
    return new Set([...taken].flatMap((channel) => this.#owners.get(channel) ?? []));
  }

  #giveUp(object: BroadcastObject): void {
    this.#remove(object);
    this.#events.onLoss(object, undefined);
  }

  /** Resolves when the object has been released; undefined when it is not on the air. */
  #remove(object: BroadcastObject): Promise<void> | undefined {
    const transmissions = this.#onAir.get(object);
    if (transmissions === undefined) return undefined;
    this.#onAir.delete(object);
    for (const destination of destinationsOf(object)) this.#owners.delete(channelOf(destination));
    this.#windows.forget(object);
    transmissions.stop(this.#driver);
    this.#announcements.delete(object.name);
    return this.#release(object);
  }

  #release(object: BroadcastObject): Promise<void> {
    const released = object.release().finally(() => this.#releasing.delete(released));
    this.#releasing.add(released);
    return released;
  }
}
