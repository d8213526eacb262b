import { rateText } from '../../base/units.js';
import type {
  FlowSummary,
  LinkSummary,
  ReceiverSummary,
  Spread,
  SummaryEvent,
} from '../../simulate/run/simulation-events.js';
import { completionTime } from './plan-text.js';
import { clip, table } from './table.js';

const WIDTH = 80;
/** Most links and flows that are shown: the fullest links, and the first flows. */
const MAX_LINKS = 20;
const MAX_NAME = 24;
/** Longest name in the table of receivers, which has seven more columns. */
const MAX_RECEIVER_NAME = 16;

/** The summary of a simulation as text for people, at most 80 columns wide and without colour. */
export function summaryText(summary: SummaryEvent, realMs: number): string {
  const { atMs, seed, digest, receivers, links, flows } = summary;
  const lines = [
    `${seconds(atMs)} simulated in ${seconds(realMs)}, seed ${seed}, digest ${digest}`,
    '',
    ...receiverLines(receivers),
    ...(links.length === 0 ? [] : ['', ...linkLines(links)]),
    ...(flows.length === 0 ? [] : ['', ...flowLines(flows)]),
  ];
  return `${lines.map((line) => clip(line, WIDTH)).join('\n')}\n`;
}

function receiverLines(receivers: readonly ReceiverSummary[]): string[] {
  const rows = receivers.flatMap(receiverRows);
  const heading = ['receiver', '', 'done', 'in', 'level', 'rate', 'share', 'loss'];
  return [...table([heading, ...rows], [2, 3, 4, 5, 6, 7], ''), ...receivers.flatMap(countLines)];
}

/** One row for one receiver; for several receivers, rows for least, median and most. */
function receiverRows(summary: ReceiverSummary): string[][] {
  const name = clip(summary.receiver, MAX_RECEIVER_NAME);
  if (summary.count === 1) return [receiverRow(name, '', summary, 'median')];
  return (['min', 'median', 'max'] as const).map((which, index) =>
    receiverRow(index === 0 ? name : '', which, summary, which),
  );
}

function receiverRow(name: string, label: string, summary: ReceiverSummary, which: keyof Spread): string[] {
  const { progress, completionMs, level, rateBitsPerSecond, share, lossRatio } = summary;
  return [
    name,
    label,
    percent(progress[which]),
    completionMs === null ? '-' : completionTime(completionMs[which] / 1000),
    level[which].toFixed(1),
    rateText(rateBitsPerSecond[which]),
    share === null ? '-' : percent(share[which]),
    percent(lossRatio[which]),
  ];
}

function countLines({ receiver, count, completeCount, failedCount }: ReceiverSummary): string[] {
  const failures = failedCount === 0 ? '' : `, ${failedCount} failed`;
  if (count > 1) return [`${clip(receiver, MAX_NAME)}: ${completeCount} of ${count} complete${failures}`];
  return failedCount === 0 ? [] : [`${clip(receiver, MAX_NAME)}: failed`];
}

function linkLines(links: readonly LinkSummary[]): string[] {
  const shown = links.toSorted((a, b) => (b.use ?? -1) - (a.use ?? -1)).slice(0, MAX_LINKS);
  const inOrder = links.length <= MAX_LINKS ? links : shown;
  const rows = inOrder.map(({ link, rateBitsPerSecond, capacityBitsPerSecond, use, lossRatio }) => [
    clip(link, MAX_NAME),
    rateText(rateBitsPerSecond),
    capacityBitsPerSecond === null ? 'no limit' : rateText(capacityBitsPerSecond),
    use === null ? '-' : percent(use),
    percent(lossRatio),
  ]);
  const more = links.length > MAX_LINKS ? [`the fullest ${MAX_LINKS} of ${links.length} links`] : [];
  return [...table([['link', 'carried', 'of', 'use', 'loss'], ...rows], [1, 2, 3, 4], ''), ...more];
}

function flowLines(flows: readonly FlowSummary[]): string[] {
  const rows = flows
    .slice(0, MAX_LINKS)
    .map(({ flow, rateBitsPerSecond, lossRatio }) => [
      clip(flow, MAX_NAME),
      rateText(rateBitsPerSecond),
      percent(lossRatio),
    ]);
  const more = flows.length > MAX_LINKS ? [`the first ${MAX_LINKS} of ${flows.length} flows`] : [];
  return [...table([['flow', 'rate', 'loss'], ...rows], [1, 2], ''), ...more];
}

function seconds(milliseconds: number): string {
  return completionTime(milliseconds / 1000);
}

/** A ratio in per cent with two significant digits: 0.02%, 1.3%, 85%. */
function percent(ratio: number): string {
  const value = ratio * 100;
  if (value < 0.005) return '0%';
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))}%`;
}
