import type { EventOf } from '../events/event-types.js';
import type { fetchEvents } from '../events/fetch-events.js';
import { type Decision, HISTORY_COUNT, type History, type Progress, type TransferState } from './live-state.js';

type ProgressEvent = EventOf<typeof fetchEvents.progress>;
type MembershipEvent = EventOf<typeof fetchEvents.join>;

/** As many as a person reads; they are told once a second. */
const MAX_DECISIONS = 20;
/** Joins and leaves of one decision follow each other within this time; a policy decides every 50 ms. */
const MOMENT_MS = 100;

/** What is kept of one object that is received: the newest progress, its history, and the last decisions. */
export class TransferRecord {
  readonly #object: string;
  readonly #samples: Progress[] = [];
  readonly #decisions: Decision[] = [];
  #version: number | undefined;
  #isComplete = false;

  constructor(object: string) {
    this.#object = object;
  }

  /** A version is received from now on. */
  begin(version: number): void {
    this.#version = version;
    this.#isComplete = false;
  }

  complete(): void {
    this.#isComplete = true;
  }

  measure(atMs: number, event: ProgressEvent): void {
    this.#samples.push({ atMs, ...event, capacityBitsPerSecond: event.capacityBitsPerSecond ?? undefined });
    if (this.#samples.length > HISTORY_COUNT) this.#samples.shift();
    // Only the newest map is shown.
    const before = this.#samples.at(-2);
    if (before !== undefined) this.#samples[this.#samples.length - 2] = { ...before, map: [], servers: [] };
  }

  decide(atMs: number, kind: Decision['kind'], { channel, reason, compared }: MembershipEvent): void {
    const last = this.#decisions.at(-1);
    if (last !== undefined && last.kind === kind && last.reason === reason && atMs - last.atMs <= MOMENT_MS) {
      const channels = last.channels.includes(channel) ? last.channels : [...last.channels, channel];
      this.#decisions[this.#decisions.length - 1] = { ...last, channels };
      return;
    }
    this.#decisions.push({ atMs, kind, channels: [channel], reason, compared });
    if (this.#decisions.length > MAX_DECISIONS) this.#decisions.shift();
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  get state(): TransferState {
    return {
      object: this.#object,
      version: this.#version,
      isComplete: this.#isComplete,
      progress: this.#samples.at(-1),
      decisions: [...this.#decisions],
    };
  }

  get history(): History {
    const column = <Value>(of: (sample: Progress) => Value) => this.#samples.map(of);
    return {
      atMs: column(({ atMs }) => atMs),
      level: column(({ level }) => level),
      rate: column(({ rateBitsPerSecond }) => rateBitsPerSecond),
      levelRate: column(({ levelRateBitsPerSecond }) => levelRateBitsPerSecond),
      capacity: column(({ capacityBitsPerSecond }) => capacityBitsPerSecond ?? null),
      queueMs: column(({ queueMs }) => queueMs),
      loss: column(({ lossRatio }) => lossRatio),
    };
  }
}
