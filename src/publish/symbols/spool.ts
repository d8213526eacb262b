import type { Geometry } from '../../object/geometry.js';
import type { RepairRange } from '../../sender/schedule/stretches.js';
import { writeWholly } from '../../store/sync-io.js';
import type { SymbolFile } from './read-symbols.js';
import { Segments } from './segments.js';

/** Segments that a spool has room for: one that the channel sends, and one that is made. */
const SLOT_COUNT = 2;

/** A channel whose repair symbols are made ahead. */
export interface SpoolChannel {
  readonly range: RepairRange;
  /** Whether it is the channel that sends the source symbols, too. */
  readonly hasSources: boolean;
  /** Time from repair symbol to repair symbol of the channel, on average, in µs. */
  readonly repairIntervalUs: number;
}

/** Bytes of a spool's file. */
export function spoolBytes({ range }: SpoolChannel, geometry: Geometry): number {
  const { longest } = new Segments(range, geometry.longBlockSymbolCount);
  return SLOT_COUNT * geometry.blockCount * longest * geometry.symbolBytes;
}

interface Slot {
  segment: number;
  /** For each block whether its symbols are missing, made, or cannot be made because the block is damaged. */
  readonly blocks: Uint8Array;
  /** Blocks that are not missing. */
  doneCount: number;
}

const MISSING = 0;
const MADE = 1;
const LEFT_OUT = 2;

/** Symbols of one block that a spool wants to have. */
export interface SpoolWork {
  readonly spool: Spool;
  readonly segment: number;
  readonly block: number;
  readonly firstEsi: number;
  readonly count: number;
}

/**
 * A file of repair symbols of one channel, made before the channel sends them: the segment in which the channel is, and the next one, of
 * all blocks. It follows the channel by the symbols that the channel asks for.
 */
export class Spool {
  readonly channel: SpoolChannel;
  readonly file: SymbolFile;
  /** After a fault, or when nobody needs the spool any more: its file may be closed. */
  isEnded = false;
  /** Whether the channel has asked for symbols. */
  isSent = false;
  readonly #blockCount: number;
  readonly #segments: Segments;
  readonly #slots: readonly Slot[];
  /** The repair symbol that the channel sends now or next. */
  #nextEsi: number;
  #isAmongSources = true;

  /**
   * @param fd a file that is open for reading and writing as long as the spool has not ended
   * @param nextEsi the repair symbol with which the channel begins
   */
  constructor(fd: number, geometry: Geometry, channel: SpoolChannel, nextEsi: number) {
    this.channel = channel;
    this.file = { fd, symbolBytes: geometry.symbolBytes, sizeBytes: spoolBytes(channel, geometry) };
    this.#blockCount = geometry.blockCount;
    this.#segments = new Segments(channel.range, geometry.longBlockSymbolCount);
    this.#nextEsi = nextEsi;
    this.#slots = Array.from({ length: SLOT_COUNT }, () => {
      return { segment: -1, blocks: new Uint8Array(geometry.blockCount), doneCount: 0 };
    });
  }

  /** Whether the channel sends this symbol. */
  isFor(esi: number): boolean {
    return this.#segments.has(esi) || (this.channel.hasSources && esi < this.channel.range.firstEsi);
  }

  /** The channel will begin with this repair symbol. */
  aim(esi: number): void {
    if (!this.isSent) this.#nextEsi = esi;
  }

  /** The channel has asked for this symbol. */
  follow(esi: number): void {
    this.isSent = true;
    if (this.#segments.has(esi)) {
      this.#nextEsi = esi;
      this.#isAmongSources = false;
    } else if (!this.#isAmongSources) {
      // All blocks have had the repair symbols before the source symbols.
      this.#nextEsi = this.#segments.onward(this.#nextEsi);
      this.#isAmongSources = true;
    }
  }

  /** The number, within the file, of the first symbol of a run; undefined if the file does not have the whole run. */
  symbolOf(block: number, firstEsi: number, count: number): number | undefined {
    if (this.isEnded || !this.#segments.has(firstEsi)) return undefined;
    const segment = this.#segments.of(firstEsi);
    const slot = this.#slots.findIndex((one) => one.segment === segment);
    if (slot < 0 || this.#slots[slot]!.blocks[block] !== MADE) return undefined;
    const within = firstEsi - this.#segments.firstEsi(segment);
    if (within + count > this.#segments.lengthOf(segment)) return undefined;
    return this.#symbolAt(slot, block) + within;
  }

  /** Time until the channel lacks symbols that are not made, in µs; undefined if all that can be made ahead is made. */
  get spareUs(): number | undefined {
    const segment = this.#wantedSegment();
    if (segment === undefined) return undefined;
    if (segment === this.#segments.of(this.#nextEsi)) return 0;
    const symbolCount = this.#segments.distance(this.#nextEsi, this.#segments.firstEsi(segment));
    return symbolCount * this.#blockCount * this.channel.repairIntervalUs;
  }

  /** How much of the two wanted segments is made, from 0 to 1. */
  get madeRatio(): number {
    const wanted = this.#wanted();
    const doneCount = wanted.reduce((sum, segment) => sum + (this.#slotOf(segment)?.doneCount ?? 0), 0);
    return doneCount / (wanted.length * this.#blockCount);
  }

  /** What to make next. */
  nextWork(): SpoolWork | undefined {
    const segment = this.#wantedSegment();
    if (segment === undefined) return undefined;
    const slot = this.#slotOf(segment) ?? this.#takeSlot(segment);
    const block = slot.blocks.indexOf(MISSING);
    const firstEsi = this.#segments.firstEsi(segment);
    return { spool: this, segment, block, firstEsi, count: this.#segments.lengthOf(segment) };
  }

  /** Whether the channel still needs work that was begun. */
  needs({ segment }: SpoolWork): boolean {
    return !this.isEnded && this.#wanted().includes(segment);
  }

  /** @param at number of the first symbol, counted from the first of the work @throws errors of the system */
  write({ segment, block }: SpoolWork, at: number, bytes: Uint8Array): void {
    const slot = this.#slots.findIndex((one) => one.segment === segment);
    const position = (this.#symbolAt(slot, block) + at) * this.file.symbolBytes;
    writeWholly(this.file.fd, bytes, position);
  }

  /** @param isMade false if the block is damaged: its symbols are left out */
  finish({ segment, block }: SpoolWork, isMade: boolean): void {
    const slot = this.#slotOf(segment);
    if (slot === undefined) return;
    slot.blocks[block] = isMade ? MADE : LEFT_OUT;
    slot.doneCount++;
  }

  #symbolAt(slot: number, block: number): number {
    return (slot * this.#blockCount + block) * this.#segments.longest;
  }

  /** The segment in which the channel is, and the one after. They are the same if there is only one. */
  #wanted(): readonly number[] {
    const current = this.#segments.of(this.#nextEsi);
    const next = this.#segments.after(current);
    return next === current ? [current] : [current, next];
  }

  /**
   * The segment to make. One that the channel has half sent comes last: the time goes to the next one first, so that the channel does not
   * overtake that one, too.
   */
  #wantedSegment(): number | undefined {
    const wanted = this.#wanted().filter((segment) => (this.#slotOf(segment)?.doneCount ?? 0) < this.#blockCount);
    const current = this.#segments.of(this.#nextEsi);
    const sentCount = this.#nextEsi - this.#segments.firstEsi(current);
    const isLate = wanted[0] === current && sentCount > this.#segments.lengthOf(current) / 2;
    return isLate ? wanted.at(-1) : wanted[0];
  }

  #slotOf(segment: number): Slot | undefined {
    return this.#slots.find((slot) => slot.segment === segment);
  }

  #takeSlot(segment: number): Slot {
    const wanted = this.#wanted();
    const slot = this.#slots.find((one) => !wanted.includes(one.segment))!;
    slot.segment = segment;
    slot.blocks.fill(MISSING);
    slot.doneCount = 0;
    return slot;
  }
}
