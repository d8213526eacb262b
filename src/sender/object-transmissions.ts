import type { AnnouncementWorld } from './announce/announcement-channel.js';
import type { BroadcastContent, BroadcastObject } from './broadcast-object.js';
import type { SenderDriver } from './driver.js';
import { FrameTransmission } from './iotupd/frame-transmission.js';
import { Transmission } from './transmission.js';

export interface ObjectTransmissionsEvents {
  /** The object's bytes can no longer be read; one of its channels has stopped. */
  readonly onFailure: (error: unknown) => void;
  /** The network has begun to refuse datagrams of a channel (`failure` is an errno name or error code), or takes them again; frames of iotupd have no channel. */
  readonly onNetwork: (channel: number | undefined, group: string, failure: string | undefined) => void;
}

export interface ChannelStats {
  readonly channel: number;
  /** Datagrams handed to the system. */
  readonly datagrams: number;
  /** UDP payload of these datagrams. */
  readonly bytes: number;
  /** How many of these datagrams the system did not take. */
  readonly refusedDatagrams: number;
  /** There and true for a channel of the object's delta. */
  readonly isOfDelta?: true;
}

/** Runs all channels on which one server sends one object and its delta. The channels open, begin and end together. */
export class ObjectTransmissions {
  readonly #object: BroadcastObject;
  readonly #world: AnnouncementWorld;
  readonly #events: ObjectTransmissionsEvents;
  readonly #transmissions: {
    readonly transmission: Transmission;
    readonly index: number;
    readonly isOfDelta: boolean;
  }[] = [];
  #frames: FrameTransmission | undefined;

  constructor(object: BroadcastObject, world: AnnouncementWorld, events: ObjectTransmissionsEvents) {
    this.#object = object;
    this.#world = world;
    this.#events = events;
  }

  /** Opens all sockets and makes the first datagrams. Rejects with the first failure, after every channel's attempt has ended. */
  async open(): Promise<void> {
    const { delta } = this.#object;
    this.#make(this.#object, false);
    if (delta !== undefined) this.#make(delta, true);
    this.#frames = this.#frameTransmission();
    const opened = this.#all.map((transmission) => transmission.open());
    for (const outcome of await Promise.allSettled(opened)) if (outcome.status === 'rejected') throw outcome.reason;
  }

  start(driver: SenderDriver): void {
    for (const transmission of this.#all) driver.add(transmission);
  }

  stop(driver: SenderDriver): void {
    for (const transmission of this.#all) driver.remove(transmission);
  }

  stats(): readonly ChannelStats[] {
    return this.#transmissions.map(({ index, transmission, isOfDelta }) => ({
      channel: index,
      datagrams: transmission.channel.sentCount,
      bytes: transmission.channel.sentBytes,
      refusedDatagrams: transmission.refusedCount,
      ...(isOfDelta ? { isOfDelta } : {}),
    }));
  }

  #make({ publication, symbols, channels }: BroadcastContent, isOfDelta: boolean): void {
    const { clock, random } = this.#world;
    for (const { index, destination, burstUs } of channels) {
      const channel = publication.channel(index, clock, random(), burstUs);
      if (channel === undefined) continue;
      const events = {
        onFailure: this.#events.onFailure,
        onNetwork: (failure: string | undefined) => this.#events.onNetwork(index, destination.group, failure),
      };
      const transmission = new Transmission(channel, destination, symbols, this.#world, events);
      this.#transmissions.push({ transmission, index, isOfDelta });
    }
  }

  get #all(): readonly (Transmission | FrameTransmission)[] {
    const all = this.#transmissions.map(({ transmission }) => transmission);
    return this.#frames === undefined ? all : [...all, this.#frames];
  }

  #frameTransmission(): FrameTransmission | undefined {
    const { frames } = this.#object;
    if (frames === undefined) return undefined;
    const { group } = frames.destination;
    return new FrameTransmission(frames, this.#world, {
      onFailure: this.#events.onFailure,
      onNetwork: (failure) => this.#events.onNetwork(undefined, group, failure),
    });
  }
}
