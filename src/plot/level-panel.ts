import type { Points } from './line.js';
import type { Mark, Panel } from './panel.js';
import { isCrowd, labelOf, RECEIVER_COLOURS, receiverLines } from './receiver-lines.js';
import type { ReceiverRecord, Step } from './receiver-record.js';
import { linearScale } from './scale.js';
import { seconds } from './time-axis.js';
import type { TransferRecord } from './transfer-record.js';

/** Pixels between levels; fewer when there are many levels. */
const LEVEL_HEIGHT = 16;
const [LEAST_HEIGHT, MOST_HEIGHT] = [72, 180];
/** Pixels between lines that share a level. */
const LIFT = 2.5;
/** Room above the highest level, counted in levels, for marks and the reasons beside them. */
const HEADROOM = 0.9;

/** Shows the level of each receiver as a line of steps, and its joins and leaves as marks with their reasons. */
export function levelPanel(record: TransferRecord): Panel {
  const { lines, bands } = receiverLines(
    record,
    ({ level }) => level.points,
    ({ level }) => level,
  );
  const receivers = isCrowd(record) ? [] : [...record.receivers.values()];
  const highest = Math.max(
    1,
    ...lines.flatMap(({ points }) => points.map(([, level]) => level)),
    ...bands.flatMap(({ points }) => points.map(([, , high]) => high)),
  );
  const height = Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, (highest + HEADROOM) * LEVEL_HEIGHT));
  const step = Math.ceil(highest / (height / LEVEL_HEIGHT));
  const lift = Math.min(LIFT, (0.6 * height) / (highest + HEADROOM) / Math.max(1, receivers.length));
  return {
    heading: 'Level',
    note: '1 is the lowest level, 0 none',
    height,
    scale: (bottom, top) => ({
      at: linearScale([0, highest + HEADROOM], bottom, top).at,
      ticks: Array.from({ length: Math.floor(highest / step) + 1 }, (_, index) => index * step),
    }),
    textOf: String,
    bands,
    lines: lines.map((line, index) => ({
      ...line,
      points: toEnd(line.points, receivers[index]),
      isStep: !isCrowd(record),
      label: receivers.length > 1 ? labelOf(receivers[index]!.name) : undefined,
      lift: index * lift,
    })),
    marks: receivers
      .flatMap((receiver, index) => marksOf(receiver, index, receivers.length === 1, index * lift))
      .sort((a, b) => a.x - b.x),
  };
}

/** Extends the line of a complete receiver up to the moment of completion. */
function toEnd(points: Points, receiver: ReceiverRecord | undefined): Points {
  const last = points.at(-1);
  return receiver?.completeMs === undefined || last === undefined
    ? points
    : [...points, [receiver.completeMs, last[1]]];
}

function marksOf(receiver: ReceiverRecord, index: number, isOne: boolean, lift: number): readonly Mark[] {
  const { name, steps, completeMs, level } = receiver;
  const prefix = isOne ? '' : `${name}, `;
  const common = { colourIndex: RECEIVER_COLOURS[index]!, lift };
  const marks: Mark[] = steps.map((step) => ({
    ...common,
    x: step.atMs,
    y: step.level,
    shape: step.isUp ? 'up' : 'down',
    title: `${prefix}${seconds(step.atMs)}: ${step.reason}${step.reason === '' ? '' : ' '}(${channelsOf(step)})${comparedIn(step)}`,
    ...(isOne ? { text: step.reason.replace(/^level \d+ → \d+: /, '') } : {}),
  }));
  if (completeMs !== undefined) {
    marks.push({
      ...common,
      x: completeMs,
      y: level.last ?? 0,
      shape: 'end',
      title: `${prefix}${seconds(completeMs)}: the object is complete`,
    });
  }
  return marks;
}

function channelsOf({ joined, left }: Step): string {
  return [...spoken('joins', joined), ...spoken('leaves', left)].join(', ');
}

function spoken(verb: string, channels: readonly number[]): readonly string[] {
  if (channels.length === 0) return [];
  const distinct = [...new Set(channels)].sort((a, b) => a - b);
  return [`${verb} channel${distinct.length === 1 ? '' : 's'} ${distinct.join(', ')}`];
}

/** The numbers that were compared: `; lossRatio 0.149, mostLossRatio 0.1`. */
function comparedIn({ compared = {} }: Step): string {
  const numbers = Object.entries(compared).map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`);
  return numbers.length === 0 ? '' : `; ${numbers.join(', ')}`;
}
