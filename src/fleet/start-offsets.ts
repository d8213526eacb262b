import type { Fleet, FleetChannel, FleetServer, StartOffset } from './fleet.js';

/** The fractional parts of the multiples of this number are as far apart as possible, for any number of multiples. */
const GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

/**
 * Where a channel's carousels start, as a share of the object, 0–1. A server adds its own start, and counts on from the beginning
 * after the end. Starts that the file leaves open are spread by the golden section, so that the first few channels are spread as
 * well as all of them. Receivers of a ladder in thirds, without a code, then have an overhead of 91 % on average over its levels;
 * with even distances they have 134 %.
 */
export function channelStartRatio(
  fleet: { readonly servers: readonly unknown[] },
  channel: Pick<FleetChannel, 'index' | 'offset'>,
  sizeBytes: number,
): number {
  if (channel.offset !== undefined) return ratioOf(channel.offset, sizeBytes);
  return ((channel.index * GOLDEN_SECTION) % 1) / fleet.servers.length;
}

/**
 * What a server adds to the starts of an object's channels. If the file leaves it open, servers share the object evenly, because each
 * of them sends each channel at the same rate. Starts of channels that were left open then lie between those of two servers.
 */
export function serverStartRatio(
  fleet: { readonly servers: readonly unknown[] },
  server: Pick<FleetServer, 'index' | 'offset'>,
  sizeBytes: number,
): number {
  return server.offset === undefined ? server.index / fleet.servers.length : ratioOf(server.offset, sizeBytes);
}

/** The byte at which a server's carousel of a channel starts, in [0, sizeBytes). */
export function startByte(fleet: Fleet, channel: FleetChannel, server: FleetServer, sizeBytes: number): number {
  const ratio = channelStartRatio(fleet, channel, sizeBytes) + serverStartRatio(fleet, server, sizeBytes);
  return sizeBytes === 0 ? 0 : Math.round((ratio % 1) * sizeBytes) % sizeBytes;
}

function ratioOf(offset: StartOffset, sizeBytes: number): number {
  if ('ratio' in offset) return offset.ratio % 1;
  return sizeBytes === 0 ? 0 : (offset.bytes % sizeBytes) / sizeBytes;
}
