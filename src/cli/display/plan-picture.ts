import { rateText } from '../../base/units.js';
import type { Fleet } from '../../fleet/fleet.js';
import type { Geometry } from '../../object/geometry.js';
import { type Ring, ringPicture, type Track } from '../../plot/ring.js';
import {
  type FleetForecast,
  type ForecastLevel,
  heardAt,
  type ObjectForecast,
  type PlannedStream,
  streamsOf,
} from '../../publish/forecast.js';
import { plannedGeometry } from '../../publish/planned-geometry.js';
import { piecesOf } from '../../sender/schedule/stretches.js';
import { arcPosition } from '../../sender/schedule/symbol-order.js';
import { rangesOf } from './index-ranges.js';
import { completionTime } from './plan-text.js';

/**
 * The plan as an SVG: a ring for each level of each object. The angle shows the symbol: its ESI, or without a
 * code its position in the file. The distance from the middle shows the time, from the join of a receiver to its completion.
 * Each channel of each server is a line that goes round the ring; with a code it stays within its own arc.
 */
export function planPicture(fleet: Fleet, plan: FleetForecast): string {
  const names: string[] = [];
  /** Number of a stream's line in the legend. Lines of several servers say whose they are. */
  const lineOf = ({ server, channel }: PlannedStream) => {
    const name = `${fleet.servers.length > 1 ? `${server}, ` : ''}channel ${channel}`;
    if (!names.includes(name)) names.push(name);
    return names.indexOf(name);
  };
  return ringPicture({
    title: `fleet ${plan.fleet}: what each channel sends until a receiver is done (outward is time)`,
    rings: plan.objects.flatMap((object, index) => {
      const planned = fleet.objects[index]!;
      const geometry = object.sizeBytes === null ? undefined : plannedGeometry(fleet, planned, object.sizeBytes);
      if (geometry === undefined || geometry.symbolCount === 0) return [];
      const streams = streamsOf(fleet, planned, geometry);
      return object.levels.map((level) => ringOf(object, level, geometry, streams, lineOf));
    }),
    legend: names,
  });
}

function ringOf(
  { object, code }: ObjectForecast,
  level: ForecastLevel,
  geometry: Geometry,
  streams: readonly PlannedStream[],
  lineOf: (stream: PlannedStream) => number,
): Ring {
  const names = `channel${level.channels.length === 1 ? '' : 's'} ${rangesOf(level.channels)}`;
  const { overhead, seconds } = level.expected[0]!;
  const ends = streams.map(({ arc }) => (arc === undefined ? 0 : arc.firstEsi + arc.symbolCount));
  const heard = heardAt(level, streams);
  const symbols = (1 + overhead) * geometry.symbolCount;
  const rate = heard.reduce((sum, stream) => sum + stream.rate, 0);
  return {
    title: `${object}, ${names}`,
    caption: `${rateText(level.rateBitsPerSecond)}, code ${code}, ${completionTime(seconds)}`,
    tracks: heard.flatMap((stream) =>
      tracksOf(stream, lineOf(stream), geometry, (symbols * stream.rate) / rate, Math.max(...ends)),
    ),
  };
}

/** @param symbolCount symbols that the channel sends until the receiver is done. */
function tracksOf(
  stream: PlannedStream,
  colourIndex: number,
  geometry: Geometry,
  symbolCount: number,
  esiCount: number,
): readonly Track[] {
  const { arc, startRatio } = stream;
  if (arc === undefined) return [{ colourIndex, start: startRatio, turns: symbolCount / geometry.symbolCount }];
  const start = arcPosition(arc, geometry, startRatio, 1, 0) / geometry.blockCount;
  const pieces = piecesOf(arc, start, symbolCount / geometry.blockCount);
  const band = { start: arc.firstEsi / esiCount, length: arc.symbolCount / esiCount };
  return pieces.map(({ firstEsi, length, time }, index) => ({
    colourIndex,
    start: firstEsi / esiCount,
    turns: length / esiCount,
    time,
    ...(index === 0 ? { band } : {}),
  }));
}
