import { sendingsOf } from '../fleet/sendings.js';
import type { Broadcast } from '../sender/broadcast.js';
import { ListenerWatch, type ListenerWorld } from '../sender/mld/listener-watch.js';
import { channelDestination, framesDestination } from './destinations.js';
import type { Station } from './station.js';
import type { Warnings } from './warnings/warnings.js';

/** Pauses the channels of a server that have `trigger: mld` while nobody on its link listens to them. Without such channels it does nothing. */
export class Listening {
  readonly #watch: ListenerWatch;
  #interface = '';

  constructor(world: ListenerWorld, broadcast: Pick<Broadcast, 'setPaused'>, warnings: Warnings) {
    this.#watch = new ListenerWatch(world, {
      onWanted: (destination, isWanted) => broadcast.setPaused(destination, 'listeners', !isWanted),
      onBlind: (error) => {
        const so = 'so channels with trigger: mld are sent all the time';
        if (error !== undefined)
          warnings.tell({ code: error.code, message: `${error.message}; ${so}`, hint: error.hint });
        else {
          const message = `no router or switch on ${this.#interface} asks who listens (MLD), ${so}`;
          const hint = 'Switch an MLD querier on, at a router or a switch of this link (Linux bridge: mcast_querier 1)';
          warnings.tell({ code: 'MLD', message, hint });
        }
      },
    });
  }

  /** Goes by what the fleet file says now. */
  follow(station: Station): void {
    const { fleet, server } = station;
    this.#interface = station.interface;
    const channels = sendingsOf(fleet, server)
      .filter(({ channel }) => channel.trigger !== undefined)
      .map((sending) => channelDestination(sending, station));
    const frames = fleet.objects
      .filter(({ name }) => server.objects?.includes(name) ?? true)
      .flatMap(({ iotupd }) => (iotupd?.trigger === undefined ? [] : [framesDestination(iotupd, station)]));
    this.#watch.watch(station.interface, [...channels, ...frames]);
  }

  close(): void {
    this.#watch.close();
  }
}
