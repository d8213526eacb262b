import type { Account } from './account.js';
import type { Crowd } from './crowd.js';
import type { ScenarioReceiver } from './scenario.js';
import type { ReceiverSummary, Spread } from './simulation-events.js';
import type { Single } from './single.js';

/** One summary for each entry of a scenario, in its order. */
export function receiverSummaries(
  plans: readonly ScenarioReceiver[],
  singles: readonly Single[],
  crowds: readonly Crowd[],
): readonly ReceiverSummary[] {
  const entries = new Map<string, Account[]>(plans.map(({ entry }) => [entry, []]));
  for (const { plan, account } of singles) entries.get(plan.entry)!.push(account);
  for (const { plan, members } of crowds) {
    for (const { account } of members) entries.get(plan.entry)!.push(account);
  }
  return [...entries].map(([entry, accounts]) => summaryOf(entry, accounts));
}

function summaryOf(receiver: string, accounts: readonly Account[]): ReceiverSummary {
  const spread = (of: (account: Account) => number | undefined) => spreadOf(accounts.flatMap((each) => of(each) ?? []));
  const completions = spread(({ startedUs, completedUs }) =>
    completedUs === undefined ? undefined : (completedUs - (startedUs ?? 0)) / 1000,
  );
  return {
    receiver,
    count: accounts.length,
    completeCount: accounts.filter(({ completedUs }) => completedUs !== undefined).length,
    failedCount: accounts.filter(({ failed }) => failed).length,
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

/** The lower one of the two in the middle; undefined of nothing. */
export function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
