import { cumulativeRates, intervalUs, rateOf } from './ladder.js';

/** A slot is half a second of wall-clock time. Slots are the same for all servers whose clocks are right. Our choice. */
export const SLOT_US = 500_000;
/** Slots are numbered in 16 bits. */
export const SLOT_NUMBERS = 2 ** 16;
/** Length of a preview: the last part of a slot, in which channels send at the rate of the next level. Our choice. */
export const PREVIEW_US = 100_000;
/**
 * Most that a preview adds to the queue of a link that is just as fast as the level: what the largest step of a ladder of
 * thirds adds in `PREVIEW_US`. Previews of larger steps are shorter. Our choice.
 */
const MAX_PREVIEW_QUEUE_US = PREVIEW_US / 3;
/**
 * When in a slot trains leave, by server index modulo 3, so that trains of different servers do not meet in a bottleneck.
 * Our choice.
 */
const TRAIN_AT_US = [200_000, 100_000, 300_000] as const;
/** Most datagrams in a train. Their 15 gaps give a steady estimate, and 20 kB at once fit into most queues. Our choice. */
export const MAX_TRAIN_LENGTH = 16;
/** Fewest datagrams in a train: fewer than three gaps give no estimate. */
export const MIN_TRAIN_LENGTH = 4;
/** A train takes at most this share of its channel's datagrams. Our choice. */
const MAX_TRAIN_SHARE = 1 / 4;
/** A preview sends at most this many times a channel's rate, so it shows larger steps only in part. Our choice. */
const MAX_PREVIEW_FACTOR = 4;
/**
 * Train and preview must leave at least this share of a channel's rate for the rest of the slot, so that it never falls
 * silent.
 */
const MIN_REST_FACTOR = 1 / 8;
/** One round-trip time for all receivers, because a multicast sender does not know theirs. Our choice. */
const ROUND_TRIP_S = 0.1;
/**
 * A sender that backs off to β of its rate is fair to TCP if it grows by 4(1 − β²)/3 datagrams in each round trip (Yang and
 * Lam, General AIMD Congestion Control, ICNP 2000). A receiver that leaves a level of a ladder of thirds keeps β = 0.8 on
 * average.
 */
const GROWTH_PER_ROUND_TRIP = 0.48;
/** A step is permitted every 1, 2, 4 or 8 slots (2^0 to 2^3): every 0.5 to 4 s. Our choice. */
const MAX_STEP_SLOTS_EXPONENT = 3;

export interface Ladder {
  /** Rates of the channels in bit/s, by channel index, in any order of size; at least one. */
  readonly rates: readonly number[];
  readonly mode: 'several' | 'best';
  readonly symbolBytes: number;
}

/**
 * Says when receivers of a ladder may step up, and at which rates channels send in the preview before. Both follow from the
 * ladder and the slot number alone, so servers agree without talking, and receivers behind one bottleneck try together.
 *
 * Levels count from 1. Level l of a layered ladder (`several`) is the channels 0 to l − 1; of a replicated one (`best`) it
 * is the l-th slowest channel.
 *
 * RLC has such nested synchronisation points, rarer for higher levels, each after a burst that shows the effect of joining
 * (Vicisano, Crowcroft, Rizzo: TCP-like Congestion Control for Layered Multicast Data Transfer, INFOCOM 1998). The time
 * between them is the time that a sender that is fair to TCP would take to grow by the step.
 */
export class StepPlan {
  /** Rate of level 1, 2, …, in bit/s. */
  readonly levelRates: readonly number[];
  /** The channel that level 1, 2, … adds (`several`) or consists of (`best`). Trains are sent on the first of them. */
  readonly channelOrder: readonly number[];
  /** The level, from 1, that each channel adds (`several`) or is (`best`), by channel index. */
  readonly channelLevels: readonly number[];
  /** Rate of level 1, 2, … (all but the highest) in the preview of a slot that permits to step up from it, in bit/s. */
  readonly previewRates: readonly number[];
  /** Datagrams of each train; 0 for ladders that have none. */
  readonly trainLength: number;
  /** Slots between two permissions to step up from level 1, 2, … (all but the highest). */
  readonly stepSlots: readonly number[];
  readonly #previewFactors: readonly number[];

  constructor(ladder: Ladder) {
    const { rates, mode, symbolBytes } = ladder;
    const isLayered = mode === 'several';
    this.channelOrder = channelOrderOf(ladder);
    this.channelLevels = rates.map((_, channel) => 1 + this.channelOrder.indexOf(channel));
    const ordered = this.channelOrder.map((channel) => rates[channel]!);
    this.levelRates = isLayered ? cumulativeRates(ordered) : ordered;
    this.stepSlots = stepSlotsOf(this.levelRates, symbolBytes);
    this.#previewFactors = previewFactorsOf(ordered, isLayered);
    const shown = ordered.slice(0, -1).map((rate, index) => rate * this.#previewFactors[index]!);
    this.previewRates = isLayered ? cumulativeRates(shown) : shown;
    this.trainLength = trainLengthOf(ordered, this.#previewFactors[0]!, symbolBytes);
  }

  /** The highest level that may be stepped up to at the end of a slot; all lower levels may be too. 0 for none. */
  stepLevel(slot: number): number {
    // The slots between permissions never become fewer from level to level, so the permissions of a slot are nested.
    let level = 1;
    while (level <= this.stepSlots.length && (slot + 1) % this.stepSlots[level - 1]! === 0) level++;
    return level === 1 ? 0 : level;
  }

  /** How long the preview of a slot of this step level lasts, for all channels that have one. */
  previewUs(stepLevel: number): number {
    let excess = 0;
    for (let level = 1; level < stepLevel; level++) {
      excess = Math.max(excess, this.previewRates[level - 1]! / this.levelRates[level - 1]! - 1);
    }
    return Math.min(PREVIEW_US, Math.round(MAX_PREVIEW_QUEUE_US / Math.max(excess, 1 / 3)));
  }

  /**
   * By which factor a channel sends faster in the preview of a slot of this step level; undefined for channels without a
   * preview, which belong to no level below the step level.
   */
  previewFactor(channel: number, stepLevel: number): number | undefined {
    const level = this.channelLevels[channel]!;
    return level < stepLevel ? this.#previewFactors[level - 1]! : undefined;
  }
}

/** The part of a descriptor that makes a ladder. */
interface DescribedLadder extends Pick<Ladder, 'mode' | 'symbolBytes'> {
  readonly channels: readonly { readonly intervalUs: number }[];
}

/** The level, from 1, that each channel of an object adds (`several`) or is (`best`); none without channels. */
export function channelLevels({ channels, mode, symbolBytes }: DescribedLadder): readonly number[] {
  if (channels.length === 0) return [];
  const rates = channels.map(({ intervalUs }) => rateOf(intervalUs, symbolBytes));
  return new StepPlan({ rates, mode, symbolBytes }).channelLevels;
}

/** When the train of a server leaves, in µs from the beginning of a slot. */
export function trainAtUs(serverIndex: number): number {
  return TRAIN_AT_US[serverIndex % TRAIN_AT_US.length]!;
}

function channelOrderOf({ rates, mode }: Ladder): readonly number[] {
  const channels = rates.map((_, channel) => channel);
  return mode === 'several' ? channels : channels.toSorted((a, b) => rates[a]! - rates[b]! || a - b);
}

function stepSlotsOf(levelRates: readonly number[], symbolBytes: number): readonly number[] {
  let exponent = 0;
  return levelRates.slice(1).map((rate, index) => {
    const addedRate = rate - levelRates[index]!;
    const datagramsPerSecond = addedRate === 0 ? 0 : 1e6 / intervalUs(addedRate, symbolBytes);
    const seconds = (datagramsPerSecond * ROUND_TRIP_S ** 2) / GROWTH_PER_ROUND_TRIP;
    const wanted = Math.floor(Math.log2((seconds * 1e6) / SLOT_US) + 0.5);
    exponent = Math.max(exponent, Math.min(MAX_STEP_SLOTS_EXPONENT, wanted));
    return 2 ** exponent;
  });
}

/** Factors of the channels in order of level. The highest level has no next level to show. */
function previewFactorsOf(rates: readonly number[], isLayered: boolean): readonly number[] {
  return rates.map((rate, index) => {
    const next = rates[index + 1];
    if (next === undefined) return 1;
    const shown = isLayered && index === 0 ? rate + next : next;
    return Math.min(MAX_PREVIEW_FACTOR, shown / rate);
  });
}

function trainLengthOf(rates: readonly number[], previewFactor: number, symbolBytes: number): number {
  if (rates.length === 1) return 0;
  const previewShare = PREVIEW_US / SLOT_US;
  const free = 1 - previewFactor * previewShare - MIN_REST_FACTOR * (1 - previewShare);
  const perSlot = SLOT_US / intervalUs(rates[0]!, symbolBytes);
  const length = Math.min(MAX_TRAIN_LENGTH, Math.floor(perSlot * Math.min(MAX_TRAIN_SHARE, free)));
  return length < MIN_TRAIN_LENGTH ? 0 : length;
}
