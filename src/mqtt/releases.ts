import { MAX_RECORD_BYTES } from '../base/limits.js';
import { plainText } from '../base/plain-text.js';
import type { Clock } from '../base/ports.js';

/** Records that are kept, each of at most 64 KiB: a catalogue of many objects, or the objects of a device; at most 4 MB together. */
const MAX_RECORDS = 1000;
const MAX_BYTES = 4_000_000;
/** Proofs that come within this time have all records given again once, after it: each giving may check 1000 signatures, 0.1 s of a small processor. */
const PROOFS_US = 1e6;

interface Kept {
  readonly record: Uint8Array;
  /** Whether its time has not come yet. */
  isWaiting: boolean;
  cancel: () => void;
}

export interface ReleasesWorld {
  readonly clock: Clock;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
}

/**
 * The signed records that a broker has delivered: the newest of each topic. The broker is not trusted; whoever takes a record judges it. Each
 * record that is new waits for a random time, so that not all devices of a fleet begin in the same second.
 */
export class Releases {
  readonly #jitterUs: number;
  readonly #world: ReleasesWorld;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #take: ((record: Uint8Array) => void) | undefined;
  /** Set while all records are to be given again. */
  #cancelAgain: (() => void) | undefined;

  constructor(jitterUs: number, world: ReleasesWorld) {
    this.#jitterUs = jitterUs;
    this.#world = world;
  }

  /** Whether a record waits for its time, or for a proof that has come. */
  get areWaiting(): boolean {
    return this.#cancelAgain !== undefined || [...this.#kept.values()].some(({ isWaiting }) => isWaiting);
  }

  /** Gives all records, and from now on each whose time comes, to whoever judges them. */
  attach(take: (record: Uint8Array) => void): void {
    this.#take = take;
    this.#cancelAgain?.();
    this.#giveAll();
  }

  /** Keeps what comes until the next `attach`. */
  detach(): void {
    this.#take = undefined;
    this.#cancelAgain?.();
    this.#cancelAgain = undefined;
  }

  /**
   * Takes a message of a topic that carries a record; an empty one means that there is none any more.
   *
   * @param isProof whether the record may prove others: it is given within a second, and they are given again with it
   * @returns what is wrong with it; undefined if it is kept
   */
  hear(topic: string, payload: Uint8Array, isProof: boolean): string | undefined {
    if (payload.length > MAX_RECORD_BYTES) return `a record of ${payload.length} bytes on ${plainText(topic)}`;
    const before = this.#kept.get(topic);
    if (before !== undefined && Buffer.compare(before.record, payload) === 0) return undefined;
    this.#forget(topic);
    if (payload.length === 0) return undefined;
    while (this.#kept.size >= MAX_RECORDS || this.#bytes + payload.length > MAX_BYTES) {
      this.#forget(this.#kept.keys().next().value!);
    }
    this.#bytes += payload.length;
    const kept: Kept = { record: Uint8Array.from(payload), isWaiting: false, cancel: () => undefined };
    this.#kept.set(topic, kept);
    if (isProof) this.#giveAllSoon();
    else this.#giveLater(kept);
    return undefined;
  }

  #giveLater(kept: Kept): void {
    const { clock, random } = this.#world;
    kept.isWaiting = true;
    kept.cancel = clock.schedule(clock.nowUs() + Math.round(this.#jitterUs * random()), () => {
      kept.isWaiting = false;
      this.#take?.(kept.record);
    });
  }

  #giveAllSoon(): void {
    const { clock } = this.#world;
    if (this.#take === undefined) return;
    this.#cancelAgain ??= clock.schedule(clock.nowUs() + PROOFS_US, () => this.#giveAll());
  }

  #giveAll(): void {
    this.#cancelAgain = undefined;
    for (const { record, isWaiting } of this.#kept.values()) if (!isWaiting) this.#take?.(record);
  }

  #forget(topic: string): void {
    const kept = this.#kept.get(topic);
    if (kept === undefined) return;
    kept.cancel();
    this.#bytes -= kept.record.length;
    this.#kept.delete(topic);
  }
}
