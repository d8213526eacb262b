import { lossRatioOf } from '../measuring/path-history.js';
import type { PathState } from './path-state.js';

/** What is compared to tell whether a path is clear. */
export interface Clearness extends Readonly<Record<string, number>> {
  readonly lostCount: number;
  readonly mostLostCount: number;
  readonly queueMs: number;
  readonly mostQueueMs: number;
}

/** The part of a path's state that shows whether it is clear. */
type ShownPath = Pick<PathState, 'rules' | 'history' | 'ambient' | 'nowUs' | 'changedUs' | 'emptyUs'>;

/**
 * Whether little has been lost for this long, or since the level changed, and there is no queue.
 *
 * @param queueSpanUs the least queue of this time counts; by default the standing time.
 */
export function isClear(path: ShownPath, spanUs: number, queueSpanUs?: number): boolean {
  const { lostCount, mostLostCount, queueMs, mostQueueMs } = clearnessOf(path, spanUs, queueSpanUs);
  return lostCount <= mostLostCount && queueMs < mostQueueMs;
}

/** Whether more was lost in the last second than the air of any usable link loses: the link is full, and a step up would only lose more. */
export function isFull({ rules, history, nowUs }: ShownPath): boolean {
  return lossRatioOf(history.sums(nowUs - 1e6)) > rules.ambient.maxRatio;
}

/** The numbers that `isClear` compares. */
export function clearnessOf(path: ShownPath, spanUs: number, queueSpanUs = path.history.standingUs): Clearness {
  const { rules, history, ambient, nowUs, emptyUs } = path;
  const sinceUs = Math.max(path.changedUs, nowUs - spanUs);
  const { receivedCount, lostCount } = history.sums(sinceUs);
  // More than the air of any usable link loses comes from a link that is full, even if all levels lose as much.
  const mostRatio = Math.min(
    rules.ambient.maxRatio,
    rules.overload.mildLossRatio + rules.ambient.factor * ambient.ratio,
  );
  return {
    lostCount,
    mostLostCount: (receivedCount + lostCount) * mostRatio + 1,
    queueMs: history.queueUs(Math.max(sinceUs, nowUs - queueSpanUs)) / 1000,
    mostQueueMs: emptyUs / 1000,
  };
}
