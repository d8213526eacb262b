import { cumulativeRates, payloadRateOf } from '../rate/ladder/ladder.js';
import { burstCount } from '../rate/ladder/pacer.js';
import type { FrameBytes } from '../wire/iotupd-frame.js';
import type { SendingWindows } from '../wire/sending-windows.js';
import type {
  Fleet,
  FleetChannel,
  FleetFrames,
  FleetObject,
  FleetServer,
  GroupAndPort,
  LadderMode,
  ObjectCode,
  Trigger,
} from './fleet.js';
import { framesRateOf, type Sending, sendingsOf } from './sendings.js';
import { startByte } from './start-offsets.js';

/** What a fleet will send, as plain data: `layercast plan --json` prints it. Rates count whole IPv6 packets. */
export interface FleetPlan {
  readonly fleet: string;
  readonly scope: string;
  readonly port: number;
  readonly ssm: boolean;
  readonly symbolBytes: number;
  readonly announceIntervalUs: number;
  readonly announcement: GroupAndPort;
  readonly rateBitsPerSecond: number;
  readonly servers: readonly ServerPlan[];
  readonly objects: readonly ObjectPlan[];
}

export interface ServerPlan {
  readonly server: string;
  readonly index: number;
  readonly address: string | null;
  readonly interface: string | null;
  readonly channelCount: number;
  readonly rateBitsPerSecond: number;
}

export interface ObjectPlan {
  readonly object: string;
  readonly version: number;
  readonly file: string;
  /** Null if there is no such file. */
  readonly sizeBytes: number | null;
  readonly code: ObjectCode;
  readonly mode: LadderMode;
  /** When the object is sent; null: always. Rates are those within the windows. */
  readonly schedule: SendingWindows | null;
  readonly channels: readonly ChannelPlan[];
  /** The object as frames of iotupd; null if it is not sent so. */
  readonly iotupd: FramesPlan | null;
  /** What a receiver can choose: in mode several the first channel, the first two, …; in mode best one channel. */
  readonly levels: readonly LevelPlan[];
  /** What is sent for receivers that have an older version; null: nothing. Its size is known when it has been made. */
  readonly delta: DeltaPlan | null;
}

export interface DeltaPlan {
  /** Files of older versions. */
  readonly from: readonly string[];
  readonly channels: readonly ChannelPlan[];
}

export interface FramesPlan extends GroupAndPort {
  readonly frameBytes: FrameBytes;
  /** Rate at which each of its servers sends it. */
  readonly rateBitsPerSecond: number;
  /** As in the fleet file; null if it is always sent. */
  readonly trigger: Trigger | null;
}

export interface ChannelPlan {
  readonly channel: number;
  readonly group: string;
  readonly port: number;
  /** Rate at which each of its servers sends it. */
  readonly rateBitsPerSecond: number;
  readonly pktDelayUs: number;
  /** As in the fleet file. */
  readonly burstUs: number;
  /** Datagrams that leave at once. */
  readonly burstDatagrams: number;
  /** As in the fleet file; null if it is always sent. */
  readonly trigger: Trigger | null;
  /** As in the fleet file; null if the planner chooses. */
  readonly offset: { readonly bytes: number } | { readonly ratio: number } | null;
  /** The servers that send it, each with its first byte; null if there is no such file. */
  readonly servers: readonly { readonly server: string; readonly startBytes: number | null }[];
}

export interface LevelPlan {
  readonly channels: readonly number[];
  /** Rate of all servers together, because one any-source join hears every server. */
  readonly rateBitsPerSecond: number;
  /** Counts bytes of the object alone. */
  readonly payloadBitsPerSecond: number;
  /** Time to receive the object without loss and without duplicates; null if there is no such file. */
  readonly seconds: number | null;
}

/** @param sizeOf Size of the file at a path; undefined if there is no such file. */
export function planOf(fleet: Fleet, sizeOf: (path: string) => number | undefined): FleetPlan {
  const senders = fleet.servers.map((server) => ({ server, sendings: sendingsOf(fleet, server) }));
  const servers = senders.map(({ server, sendings }) => serverPlanOf(fleet, server, sendings, sizeOf));
  return {
    fleet: fleet.name,
    scope: fleet.scope,
    port: fleet.port,
    ssm: fleet.ssm,
    symbolBytes: fleet.symbolBytes,
    announceIntervalUs: fleet.announceIntervalUs,
    announcement: fleet.announcement,
    rateBitsPerSecond: servers.reduce((sum, { rateBitsPerSecond }) => sum + rateBitsPerSecond, 0),
    servers,
    objects: fleet.objects.map((object) => {
      const sendersOf = (channel: FleetChannel) =>
        senders.filter(({ sendings }) => sendings.some((s) => s.channel === channel)).map(({ server }) => server);
      return objectPlanOf(fleet, object, sendersOf, sizeOf(object.filePath) ?? null);
    }),
  };
}

function serverPlanOf(
  fleet: Fleet,
  server: FleetServer,
  sendings: readonly Sending[],
  sizeOf: (path: string) => number | undefined,
): ServerPlan {
  return {
    server: server.name,
    index: server.index,
    address: server.address ?? null,
    interface: server.interface ?? fleet.interface ?? null,
    channelCount: sendings.length,
    // The channels of an empty object send nothing: its announcement is all that receivers need.
    rateBitsPerSecond: sendings
      .filter(({ object }) => sizeOf(object.filePath) !== 0)
      .reduce((sum, { channel }) => sum + channel.rateBitsPerSecond, framesRateOf(fleet, server)),
  };
}

function objectPlanOf(
  fleet: Fleet,
  object: FleetObject,
  sendersOf: (channel: FleetChannel) => readonly FleetServer[],
  sizeBytes: number | null,
): ObjectPlan {
  const { name, version, filePath, code, mode, channels, delta, iotupd } = object;
  const heardRates = channels.map((channel) => channel.rateBitsPerSecond * sendersOf(channel).length);
  const levelRates = mode === 'several' ? cumulativeRates(heardRates) : heardRates;
  return {
    object: name,
    version,
    file: filePath,
    sizeBytes,
    code,
    mode,
    schedule: object.schedule ?? null,
    channels: channels.map((channel) => channelPlanOf(fleet, channel, sendersOf(channel), sizeBytes)),
    iotupd: iotupd === undefined ? null : framesPlanOf(iotupd),
    levels: levelRates.map((rateBitsPerSecond, index) => {
      const payloadBitsPerSecond = payloadRateOf(rateBitsPerSecond, fleet.symbolBytes);
      return {
        channels: mode === 'several' ? channels.slice(0, index + 1).map((channel) => channel.index) : [index],
        rateBitsPerSecond,
        payloadBitsPerSecond,
        seconds: sizeBytes === null ? null : (sizeBytes * 8) / payloadBitsPerSecond,
      };
    }),
    delta:
      delta === undefined
        ? null
        : {
            from: delta.fromPaths,
            channels: delta.channels.map((channel) => channelPlanOf(fleet, channel, sendersOf(channel), null)),
          },
  };
}

function channelPlanOf(
  fleet: Fleet,
  channel: FleetChannel,
  senders: readonly FleetServer[],
  sizeBytes: number | null,
): ChannelPlan {
  return {
    channel: channel.index,
    group: channel.group,
    port: channel.port,
    rateBitsPerSecond: channel.rateBitsPerSecond,
    pktDelayUs: channel.intervalUs,
    burstUs: channel.burstUs,
    burstDatagrams: burstCount(channel.burstUs, channel.intervalUs),
    trigger: channel.trigger ?? null,
    offset: channel.offset ?? null,
    servers: senders.map((server) => ({
      server: server.name,
      startBytes: sizeBytes === null ? null : startByte(fleet, channel, server, sizeBytes),
    })),
  };
}

function framesPlanOf({ group, port, frameBytes, rateBitsPerSecond, trigger }: FleetFrames): FramesPlan {
  return { group, port, frameBytes, rateBitsPerSecond, trigger: trigger ?? null };
}
