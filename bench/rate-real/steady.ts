import { carried, usualQueueMs } from './carried.js';
import { ladderOf } from './ladder.js';
import { averageRate, bestLevel, prevailingRate, reachedMs } from './levels.js';
import type { Recording } from './recording.js';

/** Figures of one receiver behind one link; shares are 0–1. "Steady" is the second half of the receiver's time. */
export interface Fared {
  readonly rateBitsPerSecond: number;
  readonly bestLevelBitsPerSecond: number;
  /** What it had joined, on average over the steady time. */
  readonly levelBitsPerSecond: number;
  readonly shareOfBest: number;
  /** What the link carried, announcements included, of its rate. */
  readonly use: number;
  /** From the first join until first within 10 % of the level held for the longest of the steady time. */
  readonly settledMs: number | undefined;
  readonly firstHalfDropRatio: number;
  readonly steadyDropRatio: number;
  /** What 95 % of the samples in the steady time were under. */
  readonly queueMs: number;
}

/** @param link name of its link; by default the host's port */
export function fared(
  recording: Recording,
  host: string,
  plan: { readonly rateBitsPerSecond: number; readonly fastestBitsPerSecond: number; readonly link?: string },
): Fared {
  const { rateBitsPerSecond, fastestBitsPerSecond, link = host } = plan;
  const receiver = recording.receiver(host);
  const endMs = recording.leftMs(receiver);
  const fromMs = receiver.firstJoinMs ?? endMs;
  const halfMs = (fromMs + endMs) / 2;
  const best = bestLevel(ladderOf(fastestBitsPerSecond).levels, rateBitsPerSecond);
  const samples = recording.samples(link);
  const level = averageRate(receiver.steps, halfMs, endMs);
  return {
    rateBitsPerSecond,
    bestLevelBitsPerSecond: best,
    levelBitsPerSecond: level,
    shareOfBest: level / best,
    use: carried(samples, halfMs, endMs).rateBitsPerSecond / rateBitsPerSecond,
    settledMs: reachedMs(receiver.steps, fromMs, prevailingRate(receiver.steps, halfMs, endMs)),
    firstHalfDropRatio: carried(samples, fromMs, halfMs).dropRatio,
    steadyDropRatio: carried(samples, halfMs, endMs).dropRatio,
    queueMs: usualQueueMs(samples, halfMs, endMs, rateBitsPerSecond),
  };
}
