import type { Fleet, FleetObject, FleetServer } from '../fleet/fleet.js';
import type { FleetPlan, LevelPlan, ObjectPlan, ServerPlan } from '../fleet/plan.js';
import { channelStartRatio, serverStartRatio } from '../fleet/start-offsets.js';
import type { Geometry } from '../object/geometry.js';
import { completionSeconds, forecastLevel, type HeardStream } from '../sender/schedule/level-plan.js';
import { type Arc, planRing } from '../sender/schedule/ring.js';
import { plannedAnnouncements } from './announcement-plan.js';
import { plannedGeometry } from './planned-geometry.js';

/** A plan, and the overheads and times that receivers may expect. */
export interface FleetForecast extends FleetPlan {
  readonly servers: readonly ServerForecast[];
  readonly objects: readonly ObjectForecast[];
}

/** `rateBitsPerSecond` counts channels and announcements. */
export interface ServerForecast extends ServerPlan {
  /** The part of the announcements. */
  readonly announceRateBitsPerSecond: number;
  /** Each object is announced once in this time: the announce interval, or more when the announce rate is not enough. */
  readonly announceRoundUs: number;
}

export interface ObjectForecast extends ObjectPlan {
  readonly blockCount: number | null;
  readonly levels: readonly ForecastLevel[];
  readonly warnings: readonly OffsetWarning[];
}

export interface ForecastLevel extends LevelPlan {
  /** For random losses of 0, 1 and 10 %; empty if the file is missing. */
  readonly expected: readonly Expectation[];
  /** Up to this loss no symbol is received twice; null without a code, or if the file is missing. */
  readonly maxLossRatio: number | null;
}

export interface Expectation {
  readonly lossRatio: number;
  /** Symbols received ÷ symbols of the object − 1, at completion. */
  readonly overhead: number;
  /** Until completion, without descriptor and digests, which take at most 3 % of a channel. */
  readonly seconds: number;
}

/** Offsets in the fleet file that cost receivers of a level more than the offsets that the planner would choose. */
export interface OffsetWarning {
  readonly channels: readonly number[];
  /** How much more is received, without loss: 0.5 is half as much again. */
  readonly costRatio: number;
}

/** One channel of one server. */
export interface PlannedStream extends HeardStream {
  /** Name of the server that sends it. */
  readonly server: string;
  readonly channel: number;
}

const LOSS_RATIOS = [0, 0.01, 0.1] as const;
/** Smaller costs are within the error of the estimate. */
const MIN_COST = 0.05;

/**
 * Adds to a fleet's plan the rate of announcements, the expected overheads and times of every level, and warnings about
 * offsets.
 */
export function forecastOf(fleet: Fleet, plan: FleetPlan): FleetForecast {
  const servers = plan.servers.map((server, index) => forecastServer(fleet, fleet.servers[index]!, server));
  return {
    ...plan,
    servers,
    rateBitsPerSecond: servers.reduce((sum, { rateBitsPerSecond }) => sum + rateBitsPerSecond, 0),
    objects: plan.objects.map((object, index) => forecastObject(fleet, fleet.objects[index]!, object)),
  };
}

function forecastServer(fleet: Fleet, server: FleetServer, plan: ServerPlan): ServerForecast {
  const { rateBitsPerSecond, roundUs } = plannedAnnouncements(fleet, server);
  return {
    ...plan,
    rateBitsPerSecond: plan.rateBitsPerSecond + rateBitsPerSecond,
    announceRateBitsPerSecond: rateBitsPerSecond,
    announceRoundUs: roundUs,
  };
}

function forecastObject(fleet: Fleet, object: FleetObject, plan: ObjectPlan): ObjectForecast {
  const geometry = plan.sizeBytes === null ? undefined : plannedGeometry(fleet, object, plan.sizeBytes);
  if (geometry === undefined) {
    const levels = plan.levels.map((level) => ({ ...level, expected: [], maxLossRatio: null }));
    return { ...plan, blockCount: null, levels, warnings: [] };
  }
  const streams = streamsOf(fleet, object, geometry);
  const levels = plan.levels.map((level) => forecastOfLevel(level, geometry, streams));
  return { ...plan, blockCount: geometry.blockCount, levels, warnings: warningsOf(fleet, object, geometry, levels) };
}

function forecastOfLevel(level: LevelPlan, geometry: Geometry, streams: readonly PlannedStream[]): ForecastLevel {
  const { overheads, maxLossRatio } = forecastLevel(geometry, heardAt(level, streams), LOSS_RATIOS);
  const expected = LOSS_RATIOS.map((lossRatio, index) => {
    const overhead = overheads[index]!;
    return {
      lossRatio,
      overhead,
      seconds: completionSeconds(geometry, level.payloadBitsPerSecond, lossRatio, overhead),
    };
  });
  return { ...level, expected, maxLossRatio: maxLossRatio ?? null };
}

/** All channels of all servers that send the object; a checked fleet has at least one for each channel. */
export function streamsOf(fleet: Fleet, object: FleetObject, geometry: Geometry): readonly PlannedStream[] {
  const servers = fleet.servers.filter(({ objects }) => objects?.includes(object.name) ?? true);
  const arcs = arcsOf(object, servers, geometry);
  return servers.flatMap((server) =>
    object.channels
      .filter(({ index }) => server.channels?.includes(index) ?? true)
      .map((channel) => ({
        server: server.name,
        channel: channel.index,
        rate: channel.rateBitsPerSecond,
        startRatio:
          (channelStartRatio(fleet, channel, geometry.sizeBytes) +
            serverStartRatio(fleet, server, geometry.sizeBytes)) %
          1,
        arc: arcs?.[server.index]?.[channel.index],
      })),
  );
}

export function heardAt(level: LevelPlan, streams: readonly PlannedStream[]): readonly PlannedStream[] {
  return streams.filter(({ channel }) => level.channels.includes(channel));
}

function arcsOf(
  object: FleetObject,
  servers: readonly FleetServer[],
  geometry: Geometry,
): readonly (readonly Arc[])[] | undefined {
  if (object.code === 'none' || geometry.symbolCount === 0) return undefined;
  return planRing({
    blockSymbolCount: geometry.longBlockSymbolCount,
    mode: object.mode,
    rates: object.channels.map(({ rateBitsPerSecond }) => rateBitsPerSecond),
    serverCount: 1 + Math.max(...servers.map(({ index }) => index)),
  });
}

/**
 * Levels at which offsets in the fleet file cost more than those of the planner. With a code there are none: an offset moves a
 * channel within its own arc, and no other channel sends this arc.
 */
function warningsOf(
  fleet: Fleet,
  object: FleetObject,
  geometry: Geometry,
  levels: readonly ForecastLevel[],
): readonly OffsetWarning[] {
  const isByHand = [...object.channels, ...fleet.servers].some(({ offset }) => offset !== undefined);
  if (object.code !== 'none' || !isByHand) return [];
  const openFleet = { ...fleet, servers: fleet.servers.map((server) => ({ ...server, offset: undefined })) };
  const open = { ...object, channels: object.channels.map((channel) => ({ ...channel, offset: undefined })) };
  const streams = streamsOf(openFleet, open, geometry);
  return levels.flatMap((level) => {
    const planned = forecastOfLevel(level, geometry, streams).expected[0];
    const written = level.expected[0];
    if (planned === undefined || written === undefined) return [];
    const costRatio = (1 + written.overhead) / (1 + planned.overhead) - 1;
    return costRatio < MIN_COST ? [] : [{ channels: level.channels, costRatio }];
  });
}
