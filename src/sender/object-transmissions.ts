import type { Destination } from '../base/ports.js';
import type { AnnouncementWorld } from './announce/announcement-channel.js';
import type { BroadcastContent, BroadcastObject } from './broadcast-object.js';
import type { SenderDriver } from './driver.js';
import { FrameTransmission } from './iotupd/frame-transmission.js';
import { channelOf, type PauseReason, type Pauses } from './pauses.js';
import { Transmission } from './transmission.js';

export interface ObjectTransmissionsEvents {
  /** The object's bytes can no longer be read; one of its channels has stopped. */
  readonly onFailure: (error: unknown) => void;
  /** The network has begun to refuse datagrams of a channel (`failure` is an errno name or error code), or takes them again; frames of iotupd have no channel. */
  readonly onNetwork: (channel: number | undefined, group: string, failure: string | undefined) => void;
  /** A channel pauses, or sends again (`pausedFor` is empty); frames of iotupd have no channel. */
  readonly onPause: (channel: number | undefined, group: string, pausedFor: readonly PauseReason[]) => void;
}

/** What was sent on one channel since its object went on the air. */
export interface ChannelStats {
  readonly channel: number;
  /** Datagrams handed to the system. */
  readonly datagrams: number;
  /** UDP payload of these datagrams. */
  readonly bytes: number;
  /** How many of these datagrams the system did not take. */
  readonly refusedDatagrams: number;
  /** Datagrams that were more than a quarter of a second late and are not sent: this host, its disk or its link is too slow. */
  readonly skippedDatagrams: number;
  /** There and true for a channel of the object's delta. */
  readonly isOfDelta?: true;
  /** Why nothing is sent on it at the moment; empty while it sends. */
  readonly pausedFor: readonly PauseReason[];
}

/** What is sent to one group and port. */
interface Target {
  readonly transmission: Transmission | FrameTransmission;
  readonly destination: Destination;
  /** Undefined for frames of iotupd. */
  readonly index: number | undefined;
}

interface OwnChannel extends Target {
  readonly transmission: Transmission;
  readonly index: number;
  readonly isOfDelta: boolean;
}

/** Runs all channels on which one server sends one object and its delta. The channels open, begin and end together. */
export class ObjectTransmissions {
  readonly #object: BroadcastObject;
  readonly #world: AnnouncementWorld;
  readonly #events: ObjectTransmissionsEvents;
  readonly #pauses: Pauses;
  readonly #channels: OwnChannel[] = [];
  #frames: Target | undefined;

  constructor(object: BroadcastObject, world: AnnouncementWorld, pauses: Pauses, events: ObjectTransmissionsEvents) {
    this.#object = object;
    this.#world = world;
    this.#pauses = pauses;
    this.#events = events;
  }

  /** Opens all sockets and makes the first datagrams. Rejects with the first failure, after every channel's attempt has ended. */
  async open(): Promise<void> {
    const { delta } = this.#object;
    this.#make(this.#object, false);
    if (delta !== undefined) this.#make(delta, true);
    this.#frames = this.#frameTransmission();
    const opened = this.#all.map(({ transmission }) => transmission.open());
    for (const outcome of await Promise.allSettled(opened)) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** Channels that pause begin later (`applyPauses`). */
  start(driver: SenderDriver): void {
    for (const { transmission, destination, index } of this.#all) {
      const pausedFor = this.#pauses.of(destination);
      driver.add(transmission, pausedFor.length > 0);
      if (pausedFor.length > 0) this.#events.onPause(index, destination.group, pausedFor);
    }
  }

  /** Pauses the channel of this group and port, or lets it go on, as the pauses say now; if it is one of this object. */
  applyPauses(driver: SenderDriver, changed: Destination): void {
    for (const { transmission, destination, index } of this.#all) {
      if (channelOf(destination) !== channelOf(changed)) continue;
      const pausedFor = this.#pauses.of(destination);
      driver.setPaused(transmission, pausedFor.length > 0);
      this.#events.onPause(index, destination.group, pausedFor);
    }
  }

  stop(driver: SenderDriver): void {
    for (const { transmission } of this.#all) driver.remove(transmission);
  }

  stats(): readonly ChannelStats[] {
    return this.#channels.map(({ index, transmission, destination, isOfDelta }) => ({
      channel: index,
      datagrams: transmission.channel.sentCount,
      bytes: transmission.channel.sentBytes,
      refusedDatagrams: transmission.refusedCount,
      skippedDatagrams: transmission.channel.skippedCount,
      ...(isOfDelta ? { isOfDelta } : {}),
      pausedFor: this.#pauses.of(destination),
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
      this.#channels.push({ transmission, destination, index, isOfDelta });
    }
  }

  get #all(): readonly Target[] {
    return this.#frames === undefined ? this.#channels : [...this.#channels, this.#frames];
  }

  #frameTransmission(): Target | undefined {
    const { frames } = this.#object;
    if (frames === undefined) return undefined;
    const { destination } = frames;
    const transmission = new FrameTransmission(frames, this.#world, {
      onFailure: this.#events.onFailure,
      onNetwork: (failure) => this.#events.onNetwork(undefined, destination.group, failure),
    });
    return { transmission, destination, index: undefined };
  }
}
