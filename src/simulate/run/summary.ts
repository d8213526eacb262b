import type { Crowd } from './crowd.js';
import type { FullReceiver } from './full-receiver.js';
import type { ReceiverTotals } from './receiver-totals.js';
import type { ScenarioReceiver } from './scenario.js';
import type { ReceiverSummary, Spread } from './simulation-events.js';

/** One summary for each receiver entry of a scenario, in the order of the file. */
export function receiverSummaries(
  plans: readonly ScenarioReceiver[],
  fullReceivers: readonly FullReceiver[],
  crowds: readonly Crowd[],
): readonly ReceiverSummary[] {
  const entries = new Map<string, ReceiverTotals[]>(plans.map(({ entry }) => [entry, []]));
  for (const { plan, totals } of fullReceivers) entries.get(plan.entry)!.push(totals);
  for (const { plan, members } of crowds) {
    for (const { totals } of members) entries.get(plan.entry)!.push(totals);
  }
  return [...entries].map(([entry, receivers]) => summaryOf(entry, receivers));
}

function summaryOf(entry: string, receivers: readonly ReceiverTotals[]): ReceiverSummary {
  const spread = (of: (totals: ReceiverTotals) => number | undefined) =>
    spreadOf(receivers.flatMap((totals) => of(totals) ?? []));
  const completions = spread(({ startedUs, completedUs }) =>
    completedUs === undefined ? undefined : (completedUs - (startedUs ?? 0)) / 1000,
  );
  return {
    receiver: entry,
    count: receivers.length,
    completeCount: receivers.filter(({ completedUs }) => completedUs !== undefined).length,
    failedCount: receivers.filter(({ failed }) => failed).length,
    completionMs: completions ?? null,
    progress: spread(({ progress }) => progress) ?? NOTHING,
    level: spread(({ level }) => level) ?? NOTHING,
    rateBitsPerSecond: spread(({ rateBitsPerSecond }) => rateBitsPerSecond) ?? NOTHING,
    share: spread(({ share }) => share) ?? null,
    lossRatio: spread(({ lossRatio }) => lossRatio) ?? NOTHING,
  };
}

const NOTHING: Spread = { min: 0, median: 0, max: 0 };

function spreadOf(values: readonly number[]): Spread | undefined {
  const median = medianOf(values);
  if (median === undefined) return undefined;
  let [min, max] = [median, median];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, median, max };
}

/** The median (of two middle values the lower one); undefined without values. */
export function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
