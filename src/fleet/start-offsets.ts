import type { Fleet, FleetChannel, FleetObject, FleetServer, StartOffset } from './fleet.js';

/**
 * Where a channel's carousels start, as a share of the object, 0–1; what the file leaves open is spread evenly around it. A
 * server adds its own start, round the end.
 */
export function channelStartRatio(object: FleetObject, channel: FleetChannel, sizeBytes: number): number {
  return channel.offset === undefined ? channel.index / object.channels.length : ratioOf(channel.offset, sizeBytes);
}

/**
 * What a server adds to the starts of an object's channels. Left open, m servers share the space between two of n channels
 * that were left open too, so that a receiver of all finds n·m places passing by, each 1/(n·m) from the next; channels that
 * were placed by hand may be anywhere, and servers are then spread over the whole object.
 */
export function serverStartRatio(fleet: Fleet, object: FleetObject, server: FleetServer, sizeBytes: number): number {
  if (server.offset !== undefined) return ratioOf(server.offset, sizeBytes);
  const isLeftOpen = object.channels.every(({ offset }) => offset === undefined);
  return server.index / (fleet.servers.length * (isLeftOpen ? object.channels.length : 1));
}

/** The byte at which a server's carousel of a channel starts, in [0, sizeBytes). */
export function startByte(
  fleet: Fleet,
  object: FleetObject,
  channel: FleetChannel,
  server: FleetServer,
  sizeBytes: number,
): number {
  const ratio = channelStartRatio(object, channel, sizeBytes) + serverStartRatio(fleet, object, server, sizeBytes);
  return sizeBytes === 0 ? 0 : Math.round((ratio % 1) * sizeBytes) % sizeBytes;
}

function ratioOf(offset: StartOffset, sizeBytes: number): number {
  if ('ratio' in offset) return offset.ratio % 1;
  return sizeBytes === 0 ? 0 : (offset.bytes % sizeBytes) / sizeBytes;
}
