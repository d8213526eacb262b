import type { Step } from '../rate-real/levels.js';
import type { Departures } from './links/departures.js';

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
  /** What came to the links, if the trial asked for it. */
  readonly departures: Departures;
}

/** Samples are taken this often. */
export const SAMPLE_MS = 20;

/** The sample of a moment. */
function sampleAt({ samples }: Recording, atMs: number): Sample {
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

/** A queue has drained when it stays so for this long. */
const DRAINED_MS = 1000;
/** A queue stands when it is never less for this long. */
const STANDING_MS = 200;

/**
 * From `fromMs` until no queue of a limit or more stands any more, for a second; 0 where none does in the first second,
 * infinite where one always does before `toMs`.
 */
export function drainedMs({ samples }: Recording, fromMs: number, toMs: number, limitMs: number): number {
  let emptyMs = fromMs;
  let stoodMs = fromMs;
  for (const { atMs, links } of samples) {
    if (atMs < fromMs || atMs > toMs) continue;
    if (links[0]!.queueMs < limitMs) emptyMs = atMs;
    if (atMs - emptyMs >= STANDING_MS) stoodMs = atMs;
    if (atMs - stoodMs >= DRAINED_MS) return stoodMs - fromMs;
  }
  return Number.POSITIVE_INFINITY;
}
