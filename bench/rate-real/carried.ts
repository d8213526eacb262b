import type { LinkSample } from '../../test/lab/link-watch.js';

/** Bytes and packets that passed a link from one moment to another. */
export interface Carried {
  readonly rateBitsPerSecond: number;
  readonly bytes: number;
  readonly droppedPackets: number;
  /** 0–1, of the packets that came to its queue. */
  readonly dropRatio: number;
}

/** Between the samples nearest to two moments. */
export function carried(samples: readonly LinkSample[], fromMs: number, toMs: number): Carried {
  const [first, last] = [nearest(samples, fromMs), nearest(samples, toMs)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) {
    return { rateBitsPerSecond: 0, bytes: 0, droppedPackets: 0, dropRatio: 0 };
  }
  const bytes = last.passed.bytes - first.passed.bytes;
  const packets = last.passed.packets - first.passed.packets;
  const droppedPackets = last.droppedPackets - first.droppedPackets;
  const offered = packets + droppedPackets + last.waiting.packets - first.waiting.packets;
  return {
    rateBitsPerSecond: (bytes * 8000) / (last.atMs - first.atMs),
    bytes,
    droppedPackets,
    dropRatio: droppedPackets / Math.max(1, offered),
  };
}

/** The time that the waiting bytes take to pass at a rate. */
export function queueMsOf({ waiting }: LinkSample, rateBitsPerSecond: number): number {
  return (waiting.bytes * 8000) / rateBitsPerSecond;
}

/** The 95th percentile of the queue in the samples between two moments, ms at a rate. */
export function usualQueueMs(samples: readonly LinkSample[], fromMs: number, toMs: number, rate: number): number {
  const within = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const queues = within.map((sample) => queueMsOf(sample, rate)).toSorted((a, b) => a - b);
  return queues[Math.floor(0.95 * queues.length)] ?? 0;
}

/** A queue below this has drained, ms: 20, or three packets on slow links, because a few packets always meet. */
export function drainedLimitMs(rateBitsPerSecond: number, packetBytes: number): number {
  return Math.max(20, (3 * packetBytes * 8000) / rateBitsPerSecond);
}

/**
 * Time from `fromMs` until the queue is under `limitMs` for `heldMs`; 0 if the queue never rose in the first second, undefined if the
 * queue never falls before `toMs`.
 */
export function drainedMs(
  samples: readonly LinkSample[],
  { fromMs, toMs, rate }: { readonly fromMs: number; readonly toMs: number; readonly rate: number },
  limitMs = 20,
  heldMs = 1000,
): number | undefined {
  const within = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const rose = within.findIndex((sample) => queueMsOf(sample, rate) >= limitMs);
  if (rose < 0 || within[rose]!.atMs > fromMs + 1000) return 0;
  let since: number | undefined;
  for (const sample of within.slice(rose)) {
    if (queueMsOf(sample, rate) >= limitMs) since = undefined;
    else since ??= sample.atMs;
    if (since !== undefined && sample.atMs - since >= heldMs) return since - fromMs;
  }
  return undefined;
}

function nearest(samples: readonly LinkSample[], atMs: number): LinkSample | undefined {
  let best: LinkSample | undefined;
  for (const sample of samples) {
    if (best === undefined || Math.abs(sample.atMs - atMs) < Math.abs(best.atMs - atMs)) best = sample;
  }
  return best;
}
