import { RATE } from '../base/units.js';
import { levelPanel } from './level-panel.js';
import { DASHES, DOTS, type Points } from './line.js';
import type { Band, Panel, PanelLine } from './panel.js';
import { isCrowd, labelOf, receiverLines } from './receiver-lines.js';
import { linearScale, numberText, rootScale, roundRange } from './scale.js';
import type { LinkRecord, TransferRecord } from './transfer-record.js';

/** Grey: properties of the network, beside the curves of receivers. */
const LINK_COLOUR = 6;
const FLOW_COLOURS = [4, 7, 5, 3] as const;
/** Colours of the joined rate and of the estimated capacity, beside the received rate. */
const [JOINED, CAPACITY] = [1, 2];
/** Room above the highest rate, so that its line is not at the edge. */
const HEADROOM = 1.05;
/** Most links that are drawn; more could not be told apart. */
const MAX_LINKS = 4;

/** The panels of level, rate, queue delay and loss; a panel for which the log has no points is left out. */
export function panelsOf(record: TransferRecord): readonly Panel[] {
  const panels = [levelPanel(record), ratePanel(record), queuePanel(record), lossPanel(record)];
  return panels.filter(({ lines }) => lines.some(({ points }) => points.length > 0));
}

function ratePanel(record: TransferRecord): Panel {
  const received = receiverLines(
    record,
    ({ rate }) => rate.points,
    ({ rate }) => rate,
  );
  const isOne = record.receiverCount === 1;
  const joined = joinedLines(record);
  const flows = [...record.flows].map(([name, { points }], index) => ({
    points,
    colourIndex: FLOW_COLOURS[index]!,
    label: labelOf(name),
    dashes: DOTS,
  }));
  const need = largestOf([...received.lines, ...joined, ...flows], received.bands);
  const links = narrowLinks(record).filter(([, { capacity }]) => leastOf(capacity.points) <= 2 * need);
  const linkLines = links.map(([name, { capacity }]) => ({
    ...linkLine(capacity.points),
    isStep: true,
    label: labelOf(`link ${name}`),
  }));
  const estimates = isOne ? capacityLines(record) : [];
  // Estimates may be far too high for a moment; the scale does not follow them.
  const top = Math.max(need, Math.min(1.25 * need, largestOf(estimates)), Math.min(2 * need, largestOf(linkLines)));
  const [unit, factor] = unitOf(top);
  return {
    heading: `Rate, ${unit}/s`,
    note: isOne || isCrowd(record) ? '' : 'received',
    height: 180,
    scale: (bottom, high) => {
      const inUnit = linearScale([0, (HEADROOM * top || 1) / factor], bottom, high);
      return { at: (value) => inUnit.at(value / factor), ticks: inUnit.ticks.map((tick) => tick * factor) };
    },
    textOf: (value) => numberText(value / factor),
    bands: received.bands,
    lines: [
      ...linkLines,
      ...flows,
      ...estimates,
      ...joined,
      ...received.lines.map((line) => (joined.length > 0 ? { ...line, label: 'received' } : line)),
    ],
  };
}

/** The joined rate of one receiver or of a crowd. Several receivers have none: the level panel shows what they joined. */
function joinedLines(record: TransferRecord): readonly PanelLine[] {
  if (record.receiverCount !== 1 && !isCrowd(record)) return [];
  const { lines } = receiverLines(
    record,
    ({ levelRate }) => levelRate.points,
    ({ levelRate }) => levelRate,
  );
  return lines
    .filter(({ points }) => points.length > 0)
    .map((line) => ({ ...line, colourIndex: JOINED, label: 'joined', isThin: true, isStep: !isCrowd(record) }));
}

function capacityLines({ receivers }: TransferRecord): readonly PanelLine[] {
  return [...receivers.values()]
    .filter(({ capacity }) => capacity.points.length > 0)
    .map(({ capacity: { points } }) => ({
      points,
      colourIndex: CAPACITY,
      label: 'capacity seen',
      isThin: true,
      dashes: DASHES,
    }));
}

function queuePanel(record: TransferRecord): Panel {
  const { lines, bands } = receiverLines(
    record,
    ({ queue }) => queue.points,
    ({ queue }) => queue,
  );
  const links = narrowLinks(record).map(([, { queue }]) => linkLine(queue.points));
  const [, largest] = roundRange([Math.max(10, largestOf([...lines, ...links], bands))], 4);
  return {
    heading: 'Queue delay, ms',
    note: `of packets on their way${links.length > 0 ? '; dashed: in the queue of the link' : ''}`,
    height: 96,
    scale: (bottom, top) => linearScale([0, largest], bottom, top, 4),
    textOf: numberText,
    bands,
    lines: [...links, ...lines],
  };
}

function lossPanel(record: TransferRecord): Panel {
  const { lines, bands } = receiverLines(
    record,
    ({ loss }) => loss.points,
    ({ loss }) => loss,
  );
  const narrow = narrowLinks(record).map(([, link]) => link);
  const links = narrow.map(({ loss }) => linkLine(loss.points));
  // Where all of the loss is drops, both lines are one.
  const drops = narrow
    .filter(({ hasOtherLoss }) => hasOtherLoss)
    .map(({ drops }) => ({ ...linkLine(drops.points), dashes: DOTS }));
  const largest = largestOf([...lines, ...links], bands);
  const ofLinks = drops.length > 0 ? '; dashed: on the link, dotted: dropped by it' : '; dashed: on the link';
  return {
    heading: 'Loss, %',
    note: `of datagrams; square-root scale${links.length > 0 ? ofLinks : ''}`,
    height: 96,
    scale: (bottom, top) => rootScale(largest, bottom, top),
    textOf: numberText,
    bands,
    lines: [...links, ...drops, ...lines],
  };
}

/** The links that delay and drop most. */
function narrowLinks({ links }: TransferRecord): readonly (readonly [name: string, link: LinkRecord])[] {
  return [...links].sort(([, a], [, b]) => b.harmSumMs - a.harmSumMs).slice(0, MAX_LINKS);
}

function linkLine(points: Points): PanelLine {
  return { points, colourIndex: LINK_COLOUR, isThin: true, dashes: DASHES };
}

function largestOf(lines: readonly PanelLine[], bands: readonly Band[] = []): number {
  let largest = 0;
  for (const { points } of lines) for (const [, y] of points) if (y > largest) largest = y;
  for (const { points } of bands) for (const [, , high] of points) if (high > largest) largest = high;
  return largest;
}

function leastOf(points: Points): number {
  return points.reduce((least, [, y]) => Math.min(least, y), Number.POSITIVE_INFINITY);
}

function unitOf(rateBitsPerSecond: number): readonly [name: string, factor: number] {
  return Object.entries(RATE.units).findLast(([, factor]) => rateBitsPerSecond >= factor) ?? ['bit', 1];
}
