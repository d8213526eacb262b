import type { Assembler } from './assemble/assembler.js';
import { NoPlace } from './assemble/no-place.js';
import type { ObjectStore } from './assemble/object-store.js';
import type { FaultCounters } from './counters.js';
import type { Hearing } from './hearing.js';
import type { ProofSink } from './hearings.js';
import type { Alarm } from './runs/alarm.js';
import { UNPROVEN } from './runs/known-keys.js';
import { Fate, type WaitingRing } from './runs/waiting-ring.js';

/**
 * Hands symbols to the assembler and the store: at once while nobody forges, and when a run record has proven them while somebody does, or if only
 * one key may fill their block.
 */
export class Intake implements ProofSink {
  /** Symbols heard, duplicates and dropped symbols included. */
  symbolCount = 0;
  payloadBytes = 0;
  duplicateBytes = 0;
  /** Symbols that arrived while this host's disk could not keep up. */
  droppedCount = 0;
  /** Bytes of the object that were added. */
  newBytes = 0;
  readonly #assembler: Assembler;
  readonly #store: ObjectStore;
  readonly #faults: FaultCounters;
  readonly #alarm: Alarm;

  constructor(assembler: Assembler, store: ObjectStore, faults: FaultCounters, alarm: Alarm) {
    this.#assembler = assembler;
    this.#store = store;
    this.#faults = faults;
    this.#alarm = alarm;
  }

  /** Takes a symbol that nobody signs. */
  takeUnsigned(hearing: Hearing, block: number, esi: number, bytes: Uint8Array, start: number, length: number): void {
    if (this.#take(block, esi, UNPROVEN, bytes, start, length) === NoPlace.known) hearing.noteDuplicate();
  }

  /** Takes the symbol of a datagram that was noted in a ring of its stream, or holds it there until it is proven. */
  takeNoted(
    hearing: Hearing,
    ring: WaitingRing,
    entry: number,
    bytes: Uint8Array,
    start: number,
    length: number,
  ): void {
    const runs = hearing.runs!;
    const block = ring.blocks[entry]!;
    if (this.#alarm.isOn || ring === runs.far || !runs.hasCredit || this.#assembler.needsProof(block)) {
      ring.hold(entry, bytes, start, length);
      return;
    }
    const generation = this.#assembler.generationOf(block);
    const place = this.#take(block, ring.esis[entry]!, UNPROVEN, bytes, start, length);
    if (place === NoPlace.known) hearing.noteDuplicate();
    if (place === NoPlace.known || place === NoPlace.unwelcome) return;
    runs.takenCount++;
    ring.fates[entry]! |= Fate.taken;
    ring.places[entry] = place;
    ring.generations[entry] = generation;
  }

  prove(ring: WaitingRing, entry: number, key: number): void {
    const fate = ring.fates[entry]!;
    if ((fate & Fate.taken) !== 0) {
      const [block, esi] = [ring.blocks[entry]!, ring.esis[entry]!];
      this.#assembler.prove(block, esi, ring.places[entry]!, ring.generations[entry]!, key);
    } else if ((fate & Fate.held) !== 0) {
      this.#takeHeld(ring, entry, key);
    }
  }

  giveUp(ring: WaitingRing, entry: number, isNear: boolean): void {
    if ((ring.fates[entry]! & Fate.held) === 0) return;
    if (isNear && !this.#alarm.isOn) this.#takeHeld(ring, entry, UNPROVEN);
    else this.#faults.count('unproven');
  }

  #takeHeld(ring: WaitingRing, entry: number, key: number): void {
    const [block, esi] = [ring.blocks[entry]!, ring.esis[entry]!];
    this.#take(block, esi, key, ring.payloads, ring.payloadAt(entry), ring.payloadLengths[entry]!);
  }

  /**
   * Hands a symbol to the store, unless it is known.
   *
   * @param key the number of the key that proves it, or `UNPROVEN`
   * @returns its place, or `NoPlace.spare`; `NoPlace.known` and `NoPlace.unwelcome` if it was not taken
   */
  #take(block: number, esi: number, key: number, bytes: Uint8Array, start: number, length: number): number {
    const assembler = this.#assembler;
    const place = assembler.placeFor(block, esi, key);
    if (place === NoPlace.unwelcome) {
      assembler.noteRefused(block, key);
      this.#faults.count('untrusted');
      return place;
    }
    this.symbolCount++;
    this.payloadBytes += length;
    if (place === NoPlace.known) {
      this.duplicateBytes += length;
      return place;
    }
    if (place === NoPlace.spare) {
      assembler.addSpare(block, { esi, key, bytes: bytes.subarray(start, start + length) });
    } else if (this.#store.writeSymbol(place, esi, bytes, start, length)) {
      assembler.add(block, esi, place, key);
    } else {
      this.droppedCount++;
      return NoPlace.unwelcome;
    }
    this.newBytes += length;
    return place;
  }
}
