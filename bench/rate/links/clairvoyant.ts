import type { CapacityTrace } from '../../../dist/simulate/index.js';
import type { Departures } from './departures.js';

/** A trace is looked at in steps of its own resolution. */
const STEP_MS = 1;
/** It decides this often. */
const DECISION_MS = 250;
const OPPORTUNITY_BYTES = 1500;

export interface ClairvoyantOptions {
  readonly trace: CapacityTrace;
  /** Where in the trace the trial begins. */
  readonly offsetUs: number;
  readonly queueBytes: number;
  readonly leaveLatencyMs: number;
  /** Number of levels; level i is the channels from 0 to i. */
  readonly levelCount: number;
  readonly seconds: number;
}

export interface ClairvoyantFigures {
  /** All that the link lets through, also of channels that were left: more than any receiver can use. */
  readonly arrivedBitsPerSecond: number;
  /** What of it is of joined channels. */
  readonly goodputBitsPerSecond: number;
  /** Share of all bytes sent to the link that it drops. */
  readonly dropRatio: number;
}

/**
 * A receiver that knows the future of a link: four times a second it joins the highest level with which nothing will be dropped until
 * a leave decided at the next such moment has worked; the lowest if there is none. The queue is the same, and what was left comes until the
 * leave has worked.
 */
export function clairvoyant(departures: Departures, options: ClairvoyantOptions): ClairvoyantFigures {
  const { seconds, levelCount, queueBytes, leaveLatencyMs } = options;
  const stepCount = (seconds * 1000) / STEP_MS;
  const offered = offeredBytes(departures, levelCount, stepCount);
  const served = servedBytes(options, stepCount);
  /** Until when each channel that was left still comes, in steps. */
  const endSteps = new Float64Array(levelCount);
  const horizonSteps = (DECISION_MS + leaveLatencyMs) / STEP_MS;
  let [level, queue, sent, dropped, arrived, heard] = [0, 0, 0, 0, 0, 0];

  /** The highest channel that comes, with what was left. */
  const comingLevel = (joined: number, step: number) => {
    let coming = joined;
    for (let channel = joined + 1; channel < levelCount; channel++) if (endSteps[channel]! > step) coming = channel;
    return coming;
  };
  const dropsWith = (joined: number, fromStep: number): boolean => {
    let waiting = queue;
    const untilStep = Math.min(stepCount, fromStep + horizonSteps);
    for (let step = fromStep; step < untilStep; step++) {
      waiting += offered[comingLevel(joined, step)]![step]! - served[step]!;
      if (waiting > queueBytes) return true;
      if (waiting < 0) waiting = 0;
    }
    return false;
  };

  for (let step = 0; step < stepCount; step++) {
    if (step % (DECISION_MS / STEP_MS) === 0) {
      let next = levelCount - 1;
      while (next > 0 && dropsWith(next, step)) next--;
      for (let channel = next + 1; channel <= level; channel++) endSteps[channel] = step + leaveLatencyMs / STEP_MS;
      level = next;
    }
    const coming = offered[comingLevel(level, step)]![step]!;
    const most = Math.max(0, queueBytes + served[step]! - queue);
    const taken = Math.min(coming, most);
    sent += coming;
    dropped += coming - taken;
    arrived += taken;
    heard += coming === 0 ? 0 : taken * (offered[level]![step]! / coming);
    queue = Math.max(0, queue + taken - served[step]!);
  }
  return {
    arrivedBitsPerSecond: (arrived * 8) / seconds,
    goodputBitsPerSecond: (heard * 8) / seconds,
    dropRatio: sent === 0 ? 0 : dropped / sent,
  };
}

/** What each level brings in each step. */
function offeredBytes(departures: Departures, levelCount: number, stepCount: number): Float32Array[] {
  const offered = Array.from({ length: levelCount }, () => new Float32Array(stepCount));
  for (const [index, channel] of departures.channels.entries()) {
    const step = Math.floor(departures.atUs[index]! / (STEP_MS * 1000));
    if (step < stepCount && channel < levelCount) offered[channel]![step]! += departures.bytes[index]!;
  }
  for (let level = 1; level < levelCount; level++) {
    for (let step = 0; step < stepCount; step++) offered[level]![step]! += offered[level - 1]![step]!;
  }
  return offered;
}

function servedBytes({ trace, offsetUs }: ClairvoyantOptions, stepCount: number): Float32Array {
  const served = new Float32Array(stepCount);
  for (let index = trace.firstFrom(offsetUs); ; index++) {
    const step = Math.floor((trace.timeUs(index) - offsetUs) / (STEP_MS * 1000));
    if (step >= stepCount) return served;
    served[step]! += OPPORTUNITY_BYTES;
  }
}
