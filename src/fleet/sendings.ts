import { LayercastError } from '../errors.js';
import type { Fleet, FleetChannel, FleetObject, FleetServer, StartOffset } from './fleet.js';
import { listOf } from './units.js';

/** One channel that one server sends, with the server's own settings already in place of the fleet's. */
export interface Sending {
  readonly object: FleetObject;
  readonly channel: FleetChannel;
  readonly interface: string | undefined;
  readonly hopLimit: number;
  readonly dscp: number;
}

/** What a server sends, objects and channels in the order of the file. */
export function sendingsOf(fleet: Fleet, server: FleetServer): Sending[] {
  return fleet.objects
    .filter(({ name }) => server.objects?.includes(name) ?? true)
    .flatMap((object) =>
      object.channels
        .filter(({ index }) => server.channels?.includes(index) ?? true)
        .map((channel) => ({
          object,
          channel,
          interface: server.interface ?? fleet.interface,
          hopLimit: server.hopLimit ?? channel.hopLimit,
          dscp: server.dscp ?? channel.dscp,
        })),
    );
}

/**
 * The server of a fleet that this host is: the one of that name, or the only one.
 *
 * @throws {LayercastError} `UNKNOWN_HOST`
 */
export function serverOf(fleet: Fleet, name: string | undefined): FleetServer {
  const names = fleet.servers.map((server) => server.name);
  const found =
    name === undefined ? fleet.servers.length === 1 && fleet.servers[0] : fleet.servers.find((s) => s.name === name);
  if (found) return found;
  throw new LayercastError(
    'UNKNOWN_HOST',
    name === undefined
      ? `fleet "${fleet.name}" has ${names.length} servers, and none was chosen`
      : `fleet "${fleet.name}" has no server "${name}"`,
    { hint: `choose with --host one of: ${listOf(names)}` },
  );
}

/**
 * Byte at which a server starts a channel's carousel, in [0, sizeBytes): the channel's offset plus the server's, round the
 * end. What the file leaves open is spread evenly: with n channels from m servers, a receiver of all of them finds n·m
 * different places of the object passing by, each 1/(n·m) from the next.
 */
export function startOffsetBytes(
  fleet: Fleet,
  object: FleetObject,
  channel: FleetChannel,
  server: FleetServer,
  sizeBytes: number,
): number {
  if (sizeBytes === 0) return 0;
  const ofChannel = channel.offset ?? { ratio: channel.index / object.channels.length };
  const step = channel.offset === undefined ? object.channels.length : 1;
  const ofServer = server.offset ?? { ratio: server.index / (fleet.servers.length * step) };
  return (bytesOf(ofChannel, sizeBytes) + bytesOf(ofServer, sizeBytes)) % sizeBytes;
}

function bytesOf(offset: StartOffset, sizeBytes: number): number {
  return 'bytes' in offset ? offset.bytes % sizeBytes : Math.floor(offset.ratio * sizeBytes);
}
