import type { Points } from './line.js';
import type { Band, PanelLine } from './panel.js';
import type { ReceiverRecord } from './receiver-record.js';
import type { Spread } from './spread.js';
import { type Crowd, MAX_NAMED, type TransferRecord } from './transfer-record.js';

/** Colour indexes of receivers; grey comes last. */
export const RECEIVER_COLOURS = [0, 1, 2, 3, 4, 5, 7, 6] as const;
const CROWD_COLOUR = RECEIVER_COLOURS[0];
/** Names are cut to this many letters. */
const MAX_LABEL = 18;

export function isCrowd(record: TransferRecord): boolean {
  return record.receiverCount > MAX_NAMED;
}

/** A line for each receiver; for a crowd, a line for the median and a band for the spread. */
export function receiverLines(
  record: TransferRecord,
  of: (receiver: ReceiverRecord) => Points,
  ofCrowd: (crowd: Crowd) => Spread,
): { readonly lines: readonly PanelLine[]; readonly bands: readonly Band[] } {
  if (!isCrowd(record)) {
    const lines = [...record.receivers.values()].map((receiver, index) => ({
      points: of(receiver),
      colourIndex: RECEIVER_COLOURS[index]!,
    }));
    return { lines, bands: [] };
  }
  const { points } = ofCrowd(record.crowd);
  return {
    lines: [{ points: points.map(({ atMs, median }) => [atMs, median]), colourIndex: CROWD_COLOUR }],
    bands: [{ points: points.map(({ atMs, low, high }) => [atMs, low, high]), colourIndex: CROWD_COLOUR }],
  };
}

export function labelOf(name: string): string {
  const letters = [...name];
  return letters.length <= MAX_LABEL ? name : `${letters.slice(0, MAX_LABEL - 1).join('')}…`;
}
