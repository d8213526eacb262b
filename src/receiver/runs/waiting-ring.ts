import { DATAGRAM_HASH_WORDS, hashDatagram } from '../../wire/datagram-hash.js';
import { Flag, type Header } from '../../wire/header.js';

/** What happened to a datagram when it arrived; a bit each. */
export const Fate = {
  /** Rate control has counted it. */
  measured: 1,
  /** Its symbol was stored as unproven. */
  taken: 2,
  /** Its symbol waits here for its proof. */
  held: 4,
} as const;

/**
 * Datagrams of one stream that wait for their run record, in order of arrival, as parallel arrays. When the ring is full, the oldest one has to
 * go. The payloads of symbols that are held lie in memory that is made when the first one has to be held.
 */
export class WaitingRing {
  readonly capacity: number;
  readonly sequences: Uint32Array;
  readonly hashes: Uint32Array;
  readonly fates: Uint8Array;
  readonly blocks: Uint32Array;
  readonly esis: Uint32Array;
  /** Where a symbol that was taken is, as `Assembler.placeFor` said. */
  readonly places: Float64Array;
  /** `Assembler.generationOf` its block then. */
  readonly generations: Uint16Array;
  readonly arrivalsUs: Float64Array;
  /** Lengths of whole datagrams. */
  readonly lengths: Uint16Array;
  /** Of symbols that are held. */
  readonly payloadLengths: Uint16Array;
  readonly #sendTimes: Uint32Array;
  readonly #slots: Uint16Array;
  readonly #stepLevels: Uint8Array;
  /** Flags of the header, and 128 if the datagram had its own time of arrival. */
  readonly #marks: Uint8Array;
  /** 1 while an entry is in use. */
  readonly #used: Uint8Array;
  readonly #symbolBytes: number;
  #payloads: Uint8Array | undefined;
  #next = 0;
  readonly #view = { sequence: 0, sendTimeUs: 0, slot: 0, stepLevel: 0 };

  constructor(capacity: number, symbolBytes: number) {
    this.capacity = capacity;
    this.sequences = new Uint32Array(capacity);
    this.hashes = new Uint32Array(capacity * DATAGRAM_HASH_WORDS);
    this.fates = new Uint8Array(capacity);
    this.blocks = new Uint32Array(capacity);
    this.esis = new Uint32Array(capacity);
    this.places = new Float64Array(capacity);
    this.generations = new Uint16Array(capacity);
    this.arrivalsUs = new Float64Array(capacity);
    this.lengths = new Uint16Array(capacity);
    this.payloadLengths = new Uint16Array(capacity);
    this.#sendTimes = new Uint32Array(capacity);
    this.#slots = new Uint16Array(capacity);
    this.#stepLevels = new Uint8Array(capacity);
    this.#marks = new Uint8Array(capacity);
    this.#used = new Uint8Array(capacity);
    this.#symbolBytes = symbolBytes;
  }

  /** The entry that the next datagram takes: the oldest one. Entries follow each other modulo the capacity. */
  get next(): number {
    return this.#next;
  }

  isUsed(entry: number): boolean {
    return this.#used[entry] === 1;
  }

  release(entry: number): void {
    this.#used[entry] = 0;
  }

  /** Puts a datagram into the entry `next`, which the owner has dealt with if it was in use. */
  add(
    header: Readonly<Header>,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
    hasOwn: boolean,
  ): number {
    const entry = this.#next;
    this.#next = (entry + 1) % this.capacity;
    this.#used[entry] = 1;
    this.fates[entry] = 0;
    this.sequences[entry] = header.sequence;
    this.blocks[entry] = header.block;
    this.esis[entry] = header.esi;
    this.arrivalsUs[entry] = arrivalUs;
    this.lengths[entry] = length;
    this.#sendTimes[entry] = header.sendTimeUs;
    this.#slots[entry] = header.slot;
    this.#stepLevels[entry] = header.stepLevel;
    this.#marks[entry] = (header.flags & 127) | (hasOwn ? 128 : 0);
    hashDatagram(bytes, start, length, this.hashes, entry * DATAGRAM_HASH_WORDS);
    return entry;
  }

  /** Keeps a copy of a symbol until it is proven. */
  hold(entry: number, bytes: Uint8Array, start: number, length: number): void {
    this.#payloads ??= new Uint8Array(this.capacity * this.#symbolBytes);
    const at = entry * this.#symbolBytes;
    this.#payloads.set(bytes.subarray(start, start + length), at);
    this.payloadLengths[entry] = length;
    this.fates[entry]! |= Fate.held;
  }

  /** The memory with the symbols that are held: that of an entry begins at `payloadAt`. */
  get payloads(): Uint8Array {
    return this.#payloads ?? NOTHING;
  }

  payloadAt(entry: number): number {
    return entry * this.#symbolBytes;
  }

  /** The marks of a datagram; the same object each time. */
  marksOf(entry: number) {
    const view = this.#view;
    view.sequence = this.sequences[entry]!;
    view.sendTimeUs = this.#sendTimes[entry]!;
    view.slot = this.#slots[entry]!;
    view.stepLevel = this.#stepLevels[entry]!;
    return view;
  }

  isTrain(entry: number): boolean {
    return (this.#marks[entry]! & Flag.train) !== 0;
  }

  isPreview(entry: number): boolean {
    return (this.#marks[entry]! & Flag.preview) !== 0;
  }

  hasOwnArrival(entry: number): boolean {
    return (this.#marks[entry]! & 128) !== 0;
  }
}

const NOTHING = new Uint8Array(0);
