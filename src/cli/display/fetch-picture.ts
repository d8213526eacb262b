import { DURATION, formatQuantity, percentOf, rateText, SIZE } from '../../base/units.js';
import type { ProgressEvent } from '../../receiver/events.js';
import { curve } from './curve.js';
import { rangesOf } from './index-ranges.js';
import { clip } from './table.js';

/** What a fetch has come to. */
export interface FetchPicture {
  /** The newest progress. */
  readonly progress: ProgressEvent;
  /** Rate and level of each progress, the oldest first. */
  readonly rates: readonly number[];
  readonly levels: readonly number[];
  /** The last decisions, a line each, the oldest first. */
  readonly steps: readonly string[];
}

/** Characters of the map: how full a stretch of the object is, from nothing to all. */
const SHADES = [' ', '░', '▒', '▓', '█'];
/** Columns in front of curves, for their scale. */
const SCALE_COLUMNS = 12;
/** Narrower terminals have no room for a curve beside its scale. */
const LEAST_CURVE_COLUMNS = 40;

/**
 * The picture of a fetch as lines, each shorter than the terminal is wide so that none is broken, and fewer than it is high: numbers, path, map; where
 * there is room also the last decisions, and curves of rate and level.
 */
export function fetchPicture(picture: FetchPicture, columns: number, rowCount: number): readonly string[] {
  const lines = [...progressLines(picture.progress, columns)];
  // The line below the picture is the cursor's.
  const room = rowCount - 1 - lines.length;
  const stepCount = Math.max(0, Math.min(picture.steps.length, room > 12 ? room - 8 : Math.min(3, room)));
  const curveRows = columns < LEAST_CURVE_COLUMNS ? 0 : Math.min(4, room - stepCount - 1);
  if (curveRows >= 1) lines.push(...curveLines(picture, columns, curveRows));
  const steps = stepCount === 0 ? [] : picture.steps.slice(-stepCount);
  return [...lines, ...steps.map((line) => clip(line, columns - 1))].slice(0, Math.max(1, rowCount - 1));
}

/** Three lines of at most `columns` − 1 characters: progress, network path, map. */
export function progressLines(event: ProgressEvent, columns: number): readonly string[] {
  const { bytes, totalBytes, rateBitsPerSecond, etaMs, servers, channels, map } = event;
  const percent = percentOf(bytes, totalBytes);
  const numbers = [
    `${percent} %`,
    `${formatQuantity(SIZE, bytes)} of ${formatQuantity(SIZE, totalBytes)}`,
    ...(rateBitsPerSecond > 0 ? [rateText(rateBitsPerSecond)] : []),
    etaMs === undefined ? 'waiting for data' : `${remaining(etaMs)} left`,
  ];
  const from = servers.length === 0 ? 'no server yet' : servers.join(', ');
  const drawing = map.map((share) => SHADES[Math.floor(share * (SHADES.length - 1))]).join('');
  const width = columns - 1;
  const mapWidth = Math.min(drawing.length, Math.floor(width / 2));
  const cells = Array.from({ length: mapWidth }, (_, i) => [...drawing][Math.floor((i * drawing.length) / mapWidth)]);
  const sources = `channels ${rangesOf(channels, ',') || '-'} from ${from}`;
  return [numbers.join('  '), pathText(event), `▕${cells.join('')}▏ ${sources}`].map((line) => clip(line, width));
}

/** A time that is left or was taken: seconds, minutes and seconds, or hours and minutes. */
export function remaining(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return formatQuantity(DURATION, milliseconds * 1000, 2);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${hours} h ${minutes % 60} min`;
}

/** The rate over time with its scale, and below it the level at each time. */
function curveLines({ rates, levels }: FetchPicture, columns: number, rowCount: number): readonly string[] {
  const width = columns - 1 - SCALE_COLUMNS;
  const most = Math.max(...rates.slice(-width));
  const scaled = (text: string) => `${text.padStart(SCALE_COLUMNS - 1)} `;
  const rows = curve(rates, most, width, rowCount).map((row, i) => {
    const text = i === 0 ? rateText(most) : i === rowCount - 1 ? '0' : '';
    return scaled(text) + row;
  });
  const digits = levels.slice(-width).map((level) => (level < 10 ? String(level) : '+'));
  return [...rows, scaled('level') + digits.join('').padStart(width)];
}

function pathText(event: ProgressEvent): string {
  const { level, levelCount, levelRateBitsPerSecond, queueMs, lossRatio, capacityBitsPerSecond } = event;
  const parts = [
    `level ${level} of ${levelCount}, ${rateText(levelRateBitsPerSecond)}`,
    `queue ${queueMs} ms`,
    `loss ${(100 * lossRatio).toFixed(1)} %`,
  ];
  if (capacityBitsPerSecond !== undefined) parts.push(`capacity ${rateText(capacityBitsPerSecond)}`);
  return parts.join('  ');
}
