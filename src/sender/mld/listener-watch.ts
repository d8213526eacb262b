import { LayercastError } from '../../base/errors.js';
import type { Clock, Destination, Network, ReportHearing } from '../../base/ports.js';
import { addressToBytes } from '../../wire/address.js';
import { readMld } from '../../wire/mld.js';
import { routerAdvertisement, routerTermination } from '../../wire/router-discovery.js';
import { channelOf } from '../pauses.js';
import { LinkListeners } from './link-listeners.js';

/** How often to look for listeners that have gone: they are known for seconds before. */
const TICK_US = 500_000;
/** Shortest time between two looks after reports, so that a flood of them does not keep datagrams waiting. */
const LOOK_GAP_US = 10_000;
/** How often to try again to hear reports, where that failed. */
const RETRY_US = 10_000_000;
/**
 * Times between advertisements (RFC 4286, section 3.1): three soon after the start, and then one in 15–20 s, at random so that routers do not advertise
 * together. A Linux bridge remembers a router for 255 s.
 */
const FIRST_ADVERTISEMENTS = 3;
const FIRST_ADVERTISE_US = 2_000_000;
const ADVERTISE_S = 20;

/** What a server that goes by listeners uses of its host. */
export interface ListenerWorld {
  readonly clock: Clock;
  readonly network: Pick<Network, 'hearReports'>;
  /** A whole number from 0 to 2^32 − 1. */
  readonly random: () => number;
}

export interface ListenerWatchEvents {
  /** A channel is to be sent or not from now on. Channels are sent at first. */
  readonly onWanted: (destination: Destination, isWanted: boolean) => void;
  /**
   * All channels are sent, because it is not known who listens. Told when that begins, and by `error` why.
   *
   * @param error undefined when no router or switch asks for listeners
   */
  readonly onBlind: (error: LayercastError | undefined) => void;
}

/**
 * Finds out who listens to channels on one link, and says which channels are to be sent. It hears what listeners report in MLD and advertises itself as
 * a multicast router, so that switches that snoop pass their reports on. Whatever it does not know counts as listening.
 */
export class ListenerWatch {
  readonly #world: ListenerWorld;
  readonly #events: ListenerWatchEvents;
  #interface = '';
  #channels: readonly Destination[] = [];
  /** Channels that are not sent now, by group and port. */
  readonly #unwanted = new Map<string, Destination>();
  #listeners: LinkListeners;
  #hearing: ReportHearing | undefined;
  #isOpening = false;
  #retryUs = Number.NEGATIVE_INFINITY;
  #advertiseUs = 0;
  #advertisedCount = 0;
  #isBlind = false;
  #lookedUs = Number.NEGATIVE_INFINITY;
  #cancelTick: () => void = () => undefined;
  #cancelLook: (() => void) | undefined;

  constructor(world: ListenerWorld, events: ListenerWatchEvents) {
    this.#world = world;
    this.#events = events;
    this.#listeners = new LinkListeners(world.clock.nowUs());
  }

  /** Goes by the listeners of these channels from now on, and sends all others. What it knows of channels from before stays known. */
  watch(interfaceName: string, channels: readonly Destination[]): void {
    const isSameLink = interfaceName === this.#interface;
    const kept = new Set(channels.map(channelOf));
    for (const [key, destination] of this.#unwanted) if (!kept.has(key)) this.#setWanted(destination, true);
    if (!isSameLink || channels.length === 0) this.#end();
    this.#interface = interfaceName;
    this.#channels = channels;
    this.#watchGroups();
    if (channels.length > 0) this.#tick();
  }

  close(): void {
    this.#channels = [];
    this.#end();
  }

  #end(): void {
    this.#cancelTick();
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    const { address } = this.#hearing ?? {};
    if (address !== undefined) this.#hearing?.send(routerTermination(addressToBytes(address)));
    this.#hearing?.close();
    this.#hearing = undefined;
    this.#retryUs = Number.NEGATIVE_INFINITY;
    this.#isBlind = false;
    this.#listeners = new LinkListeners(this.#world.clock.nowUs());
  }

  /** Groups that are watched already keep what is known of them. */
  #watchGroups(): void {
    const sources = new Map(this.#channels.map(({ group, source }) => [group, source]));
    const before = this.#listeners.groups;
    for (const group of before) if (!sources.has(group)) this.#listeners.unwatch(group);
    for (const [group, source] of sources) if (!before.includes(group)) this.#listeners.watch(group, source);
    this.#hearing?.setGroups([...sources.keys()]);
  }

  #tick(): void {
    this.#cancelTick();
    const { clock } = this.#world;
    const nowUs = clock.nowUs();
    if (this.#hearing?.isStale) this.#end();
    if (this.#hearing === undefined) void this.#open(nowUs);
    else if (nowUs >= this.#advertiseUs) this.#advertise(this.#hearing, nowUs);
    this.#look(nowUs);
    this.#cancelTick = clock.schedule(nowUs + TICK_US, () => this.#tick());
  }

  async #open(nowUs: number): Promise<void> {
    if (this.#isOpening || nowUs < this.#retryUs) return;
    this.#isOpening = true;
    const interfaceName = this.#interface;
    try {
      const { hearReports } = this.#world.network;
      if (hearReports === undefined) throw deaf();
      const hearing = await hearReports(interfaceName, (packets) => this.#take(packets));
      if (this.#channels.length === 0 || interfaceName !== this.#interface) {
        hearing.close();
        return;
      }
      this.#hearing = hearing;
      this.#listeners = new LinkListeners(this.#world.clock.nowUs());
      this.#watchGroups();
      [this.#isBlind, this.#advertisedCount] = [false, 0];
      this.#advertise(hearing, this.#world.clock.nowUs());
    } catch (error) {
      this.#retryUs = nowUs + RETRY_US;
      const known = error instanceof LayercastError ? error : undefined;
      this.#tellBlind(
        known ??
          new LayercastError('NETWORK_UNAVAILABLE', `reports of MLD cannot be heard: ${error}`, { cause: error }),
      );
    } finally {
      this.#isOpening = false;
    }
  }

  #advertise(hearing: ReportHearing, nowUs: number): void {
    const { address } = hearing;
    if (address !== undefined) hearing.send(routerAdvertisement(addressToBytes(address), ADVERTISE_S));
    this.#advertisedCount++;
    const share = 0.75 + (0.25 * this.#world.random()) / 2 ** 32;
    this.#advertiseUs =
      nowUs + (this.#advertisedCount < FIRST_ADVERTISEMENTS ? FIRST_ADVERTISE_US : share * ADVERTISE_S * 1e6);
  }

  #take(packets: readonly Uint8Array[]): void {
    const { clock } = this.#world;
    const nowUs = clock.nowUs();
    for (const packet of packets) {
      const message = readMld(packet);
      if (message !== undefined) this.#listeners.take(message, nowUs);
    }
    if (nowUs - this.#lookedUs >= LOOK_GAP_US) this.#look(nowUs);
    else this.#cancelLook ??= clock.schedule(this.#lookedUs + LOOK_GAP_US, () => this.#look(clock.nowUs()));
  }

  #look(nowUs: number): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    this.#lookedUs = nowUs;
    const isHearing = this.#hearing !== undefined;
    for (const destination of this.#channels) {
      this.#setWanted(destination, !isHearing || this.#listeners.state(destination.group, nowUs).isWanted);
    }
    if (!isHearing) return;
    if (this.#listeners.lacksQuerier(nowUs)) this.#tellBlind(undefined);
    else this.#isBlind = false;
  }

  #setWanted(destination: Destination, isWanted: boolean): void {
    const key = channelOf(destination);
    if (this.#unwanted.has(key) !== isWanted) return;
    if (isWanted) this.#unwanted.delete(key);
    else this.#unwanted.set(key, destination);
    this.#events.onWanted(destination, isWanted);
  }

  #tellBlind(error: LayercastError | undefined): void {
    if (this.#isBlind) return;
    this.#isBlind = true;
    this.#events.onBlind(error);
  }
}

function deaf(): LayercastError {
  return new LayercastError(
    'NETWORK_UNAVAILABLE',
    'reports of MLD cannot be heard: this needs Linux and the optional package koffi',
    {
      hint: 'Install koffi, and leave LAYERCAST_NET out',
    },
  );
}
