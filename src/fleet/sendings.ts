import type { Fleet, FleetChannel, FleetObject, FleetServer } from './fleet.js';

/** One channel that one server sends. The server's own settings have replaced the fleet's. */
export interface Sending {
  readonly object: FleetObject;
  /** Whether it is a channel of the object's delta. */
  readonly isOfDelta: boolean;
  readonly channel: FleetChannel;
  readonly interface: string | undefined;
  readonly hopLimit: number;
  readonly dscp: number;
}

/** The channels that a server sends, with objects and channels in the order of the file; an object's channels before those of its delta. */
export function sendingsOf(fleet: Fleet, server: FleetServer): Sending[] {
  return fleet.objects
    .filter(({ name }) => server.objects?.includes(name) ?? true)
    .flatMap((object) =>
      [...object.channels, ...(object.delta?.channels ?? [])]
        .filter(({ index }) => server.channels?.includes(index) ?? true)
        .map((channel) => ({
          object,
          isOfDelta: object.delta?.channels.includes(channel) ?? false,
          channel,
          interface: server.interface ?? fleet.interface,
          hopLimit: server.hopLimit ?? channel.hopLimit,
          dscp: server.dscp ?? channel.dscp,
        })),
    );
}

/** Rate of the frames of iotupd that a server sends, counting whole IPv6 packets. */
export function framesRateOf(fleet: Fleet, server: FleetServer): number {
  return fleet.objects
    .filter(({ name }) => server.objects?.includes(name) ?? true)
    .reduce((sum, { iotupd }) => sum + (iotupd?.rateBitsPerSecond ?? 0), 0);
}
