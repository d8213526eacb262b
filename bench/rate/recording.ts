import type { Step } from '../rate-real/levels.js';

/** Sums since the beginning, and what stands in the queue. */
export interface LinkSample {
  readonly carriedCount: number;
  readonly carriedBytes: number;
  /** Dropped at a full queue; what a link loses otherwise is not counted. */
  readonly overflowCount: number;
  readonly queueMs: number;
}

/** Everything at one moment; sums since the beginning. */
export interface Sample {
  readonly atMs: number;
  readonly links: readonly LinkSample[];
  /** By receiver, whole packets. */
  readonly heardBytes: readonly number[];
  /** By flow of cross traffic, whole packets. */
  readonly flowBytes: readonly number[];
}

/** What happened in a trial. Times count from when the first receiver may start. */
export interface Recording {
  readonly samples: readonly Sample[];
  /** By receiver, what it had joined, with all servers. */
  readonly steps: readonly (readonly Step[])[];
  readonly decisions: readonly string[];
}

/** Samples are taken this often. */
export const SAMPLE_MS = 20;

/** The sample of a moment. */
export function sampleAt({ samples }: Recording, atMs: number): Sample {
  const index = Math.round(atMs / SAMPLE_MS);
  return samples[Math.min(samples.length - 1, Math.max(0, index))]!;
}

/** Mean rate of something between two moments, in bit/s. */
export function rateBetween(
  recording: Recording,
  fromMs: number,
  toMs: number,
  bytesOf: (sample: Sample) => number,
): number {
  const [first, last] = [sampleAt(recording, fromMs), sampleAt(recording, toMs)];
  return last.atMs === first.atMs ? 0 : ((bytesOf(last) - bytesOf(first)) * 8000) / (last.atMs - first.atMs);
}

/** Share of the packets that came to the links' queues and found them full, 0–1. */
export function dropRatio(recording: Recording, fromMs: number, toMs: number): number {
  const [first, last] = [sampleAt(recording, fromMs), sampleAt(recording, toMs)];
  const grown = (of: (link: LinkSample) => number) =>
    last.links.reduce((sum, link, index) => sum + of(link) - of(first.links[index]!), 0);
  const dropped = grown(({ overflowCount }) => overflowCount);
  return dropped / Math.max(1, dropped + grown(({ carriedCount }) => carriedCount));
}

/** The greatest share dropped in any second that begins and ends between two moments, to a tenth of a second. */
export function worstSecond(recording: Recording, fromMs: number, toMs: number): number {
  let worst = 0;
  for (let atMs = fromMs; atMs + 1000 <= toMs; atMs += 100) {
    worst = Math.max(worst, dropRatio(recording, atMs, atMs + 1000));
  }
  return worst;
}

/**
 * From `fromMs` until the least queue of any 200 ms is under a limit and stays so until `toMs`; 0 where it never rose,
 * infinite where it is over the limit in the end.
 */
export function drainedMs(recording: Recording, fromMs: number, toMs: number, limitMs: number): number {
  const spanSamples = 200 / SAMPLE_MS;
  const within = recording.samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  let lastMs = Number.NEGATIVE_INFINITY;
  let overCount = 0;
  for (const { atMs, links } of within) {
    overCount = links[0]!.queueMs >= limitMs ? overCount + 1 : 0;
    if (overCount > spanSamples) lastMs = atMs;
  }
  if (lastMs === Number.NEGATIVE_INFINITY) return 0;
  return toMs - lastMs < 500 ? Number.POSITIVE_INFINITY : lastMs - fromMs;
}
