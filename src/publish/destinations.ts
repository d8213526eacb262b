import type { Destination } from '../base/ports.js';
import type { FleetFrames } from '../fleet/fleet.js';
import type { Sending } from '../fleet/sendings.js';
import type { Station } from './station.js';

/** Where a station sends a channel. */
export function channelDestination(
  { channel: { group, port, rateBitsPerSecond }, hopLimit, dscp }: Sending,
  { interface: interfaceName, server }: Station,
): Destination {
  return { group, port, hopLimit, dscp, interface: interfaceName, source: server.address, rateBitsPerSecond };
}

/** Where a station sends frames of iotupd. */
export function framesDestination(
  { group, port, hopLimit, dscp, rateBitsPerSecond }: FleetFrames,
  { interface: interfaceName, server }: Station,
): Destination {
  return {
    group,
    port,
    interface: interfaceName,
    source: server.address,
    hopLimit: server.hopLimit ?? hopLimit,
    dscp: server.dscp ?? dscp,
    rateBitsPerSecond,
  };
}
