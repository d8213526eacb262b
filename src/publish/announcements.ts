import type { Fleet, FleetServer } from '../fleet/fleet.js';
import { Announcer } from '../sender/announcer.js';
import { SenderChannel } from '../sender/channel.js';
import { Transmission } from '../sender/transmission.js';
import type { SendingPlace, SendingWorld } from './published-object.js';

/** The directory of all fleets is for people who look around; they wait a little longer than receivers. */
const DIRECTORY_SLOWDOWN = 3;

/** Announces what one server sends: on its fleet's announcement channel and, more seldom, in the directory of all fleets. */
export class Announcements {
  readonly #world: SendingWorld;
  readonly #onNetwork: (failure: string | undefined) => void;
  #transmissions: readonly Transmission[] = [];

  constructor(world: SendingWorld, onNetwork: (failure: string | undefined) => void) {
    this.#world = world;
    this.#onNetwork = onNetwork;
  }

  /**
   * Announces these descriptors from now on, instead of those before. All of them go out once in the fleet's announce
   * interval, evenly spread.
   *
   * @throws {LayercastError} `NETWORK_UNAVAILABLE`; those before are then still announced.
   */
  async replace(
    datagrams: readonly Uint8Array[],
    fleet: Fleet,
    server: FleetServer,
    place: SendingPlace,
  ): Promise<void> {
    const before = this.#transmissions;
    const next = datagrams.length === 0 ? [] : this.#make(datagrams, fleet, server, place);
    await Promise.all(next.map((transmission) => transmission.open()));
    for (const transmission of before) this.#world.driver.remove(transmission);
    for (const transmission of next) this.#world.driver.add(transmission);
    this.#transmissions = next;
  }

  stop(): void {
    for (const transmission of this.#transmissions) this.#world.driver.remove(transmission);
    this.#transmissions = [];
  }

  #make(
    datagrams: readonly Uint8Array[],
    fleet: Fleet,
    server: FleetServer,
    place: SendingPlace,
  ): readonly Transmission[] {
    const { clock, network, random } = this.#world;
    const places = [
      { ...fleet.announcement, intervalUs: fleet.announceIntervalUs },
      { ...fleet.directory, intervalUs: fleet.announceIntervalUs * DIRECTORY_SLOWDOWN },
    ];
    return places.map(({ group, port, intervalUs }) => {
      const announcer = new Announcer(datagrams, server.index);
      const channel = new SenderChannel(announcer, intervalUs / datagrams.length, clock.nowUs(), random());
      const hopLimit = server.hopLimit ?? fleet.hopLimit;
      const dscp = server.dscp ?? fleet.dscp;
      const events = { onFailure: () => undefined, onNetwork: this.#onNetwork };
      return new Transmission(
        channel,
        { group, port, hopLimit, dscp, ...place },
        undefined,
        { clock, network },
        events,
      );
    });
  }
}
