import { rateText } from '../base/units.js';
import type { Points } from './line.js';
import { isCrowd } from './receiver-lines.js';
import { seconds } from './time-axis.js';
import type { TransferRecord } from './transfer-record.js';

/** The object that is received, and the receiver if it has a name. */
export function titleOf({ described, receivers }: TransferRecord, only: string | undefined): string {
  const version = described?.version === undefined ? '' : `, version ${described.version}`;
  const what = described === undefined ? 'A transfer' : `${described.fleet}/${described.object}${version}`;
  const receiver = only ?? (receivers.size === 1 ? [...receivers.keys()][0] : undefined);
  return receiver === undefined || receiver === '' ? what : `${what}, receiver ${receiver}`;
}

/** How many receivers are drawn, and how their transfers ended. */
export function subtitleOf(record: TransferRecord): string {
  const { receiverCount, completeCount, lastMs } = record;
  if (receiverCount === 0) return `${seconds(lastMs)}, no receiver`;
  if (receiverCount === 1) {
    const { completeMs } = [...record.receivers.values()][0]!;
    return completeMs === undefined ? `not complete after ${seconds(lastMs)}` : `complete after ${seconds(completeMs)}`;
  }
  const complete = `${count(completeCount)} of ${count(receiverCount)} receivers complete after ${seconds(lastMs)}`;
  return isCrowd(record) ? `${complete}; medians, with bands of the middle 80 %` : complete;
}

/** Says in words what the lines show, for readers who cannot see the picture. */
export function describeTransfer(record: TransferRecord): string {
  const lines = isCrowd(record)
    ? [medians(record)]
    : [...record.receivers.values()].map((receiver) => ({
        name: receiver.name,
        level: receiver.level.points,
        rate: receiver.rate.points,
        queue: receiver.queue.points,
        loss: receiver.loss.points,
      }));
  const unmarked = [...record.receivers.values()].reduce((sum, { unmarkedCount }) => sum + unmarkedCount, 0);
  return [
    `${subtitleOf(record)}.`,
    ...lines.map(
      ({ name, level, rate, queue, loss }) =>
        `${name === '' ? 'The receiver' : name}: level at most ${largest(level)}, received ${rateText(mean(rate))} on average` +
        `${queue.length === 0 ? '' : `, queue delay at most ${Math.round(largest(queue))} ms`}, loss at most ${largest(loss).toFixed(1)} %.`,
    ),
    ...(unmarked > 0 ? [`${count(unmarked)} later changes of level have no mark.`] : []),
  ].join(' ');
}

function medians({ crowd }: TransferRecord) {
  const of = (name: 'level' | 'rate' | 'queue' | 'loss'): Points =>
    crowd[name].points.map(({ atMs, median }) => [atMs, median]);
  return { name: 'The median receiver', level: of('level'), rate: of('rate'), queue: of('queue'), loss: of('loss') };
}

function largest(points: Points): number {
  return points.reduce((sum, [, y]) => Math.max(sum, y), 0);
}

function mean(points: Points): number {
  return points.length === 0 ? 0 : points.reduce((sum, [, y]) => sum + y, 0) / points.length;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
