import type { Fleet, FleetChannel, FleetObject } from '../../fleet/fleet.js';
import { channelStartRatio, serverStartRatio } from '../../fleet/start-offsets.js';
import type { Geometry } from '../../object/geometry.js';
import { merkleRoot } from '../../object/merkle.js';
import { addressToBytes } from '../../wire/address.js';
import { type ChannelDescription, type Descriptor, type Encryption, NO_CODE, RAPTORQ } from '../../wire/descriptor.js';
import type { ServerPublicKeys } from './server-keys.js';

/** Geometry and digests of a file's content, as a descriptor gives them. */
export interface DescribedContent {
  readonly geometry: Geometry;
  readonly sha256: Uint8Array;
  /** SHA-256 of each block, back to back. */
  readonly blockDigests: Uint8Array;
  /** The same of its delta; undefined if none is sent. */
  readonly delta?: Omit<DescribedContent, 'delta'> | undefined;
  /** How the bytes are encrypted; undefined if they are not. */
  readonly encryption?: Encryption | undefined;
}

/**
 * The descriptor of one version of an object, made at `nowS` (Unix time), without the announce interval: that one depends on
 * the other objects of the fleet, and `describeObject` adds it.
 */
export function describeContent(
  fleet: Fleet,
  object: FleetObject,
  { geometry, sha256, blockDigests, delta, encryption }: DescribedContent,
  publicKeys: ServerPublicKeys,
  nowS: number,
): Descriptor {
  const { sizeBytes, symbolBytes, blockCount } = geometry;
  const servers = fleet.servers.filter(({ objects }) => objects?.includes(object.name) ?? true);
  return {
    fleet: fleet.name,
    object: object.name,
    version: object.version,
    sizeBytes,
    symbolBytes,
    blockCount,
    fecEncodingId: object.code === 'raptorq' ? RAPTORQ : NO_CODE,
    sha256,
    blockRoot: merkleRoot(blockDigests),
    mode: object.mode,
    ssm: fleet.ssm,
    channels: channelsOf(fleet, object.channels, sizeBytes),
    servers: servers.map((server) => ({
      index: server.index,
      name: server.name,
      address: server.address === undefined ? undefined : addressToBytes(server.address),
      startRatio: serverStartRatio(fleet, server, sizeBytes),
      channels: server.channels?.filter((channel) => channel < object.channels.length),
      ...(publicKeys.has(server.index) ? { publicKey: publicKeys.get(server.index) } : {}),
    })),
    ...(object.compatible === undefined ? {} : { compatible: object.compatible }),
    ...(object.content === 'tree' ? { tree: 'tar' as const } : {}),
    ...(encryption === undefined ? {} : { encryption }),
    ...(object.schedule === undefined ? {} : { schedule: object.schedule }),
    createdS: nowS,
    expiresS: object.expiresAfterUs === undefined ? undefined : nowS + Math.ceil(object.expiresAfterUs / 1e6),
    ...(delta === undefined || object.delta === undefined
      ? {}
      : {
          delta: {
            sizeBytes: delta.geometry.sizeBytes,
            blockCount: delta.geometry.blockCount,
            sha256: delta.sha256,
            blockRoot: merkleRoot(delta.blockDigests),
            channels: channelsOf(fleet, object.delta.channels, delta.geometry.sizeBytes),
          },
        }),
  };
}

function channelsOf(fleet: Fleet, channels: readonly FleetChannel[], sizeBytes: number): readonly ChannelDescription[] {
  return channels.map((channel) => ({
    group: addressToBytes(channel.group),
    port: channel.port,
    intervalUs: channel.intervalUs,
    startRatio: channelStartRatio(fleet, channel, sizeBytes),
  }));
}
