import { type InterfaceReaders, type InterfaceTable, readInterfaces, systemReaders } from './interface-table.js';

/** A look takes some 0.1 ms. One each second for the whole process cannot be felt, however many sockets ask. */
const LOOK_INTERVAL_MS = 1_000;

/** Looks at the interfaces for all sockets of this process. */
export class InterfaceWatch {
  readonly #readers: InterfaceReaders;
  readonly #nowMs: () => number;
  #table: InterfaceTable | undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs milliseconds on a clock that never jumps. */
  constructor(readers: InterfaceReaders = systemReaders, nowMs: () => number = () => performance.now()) {
    this.#readers = readers;
    this.#nowMs = nowMs;
  }

  /** The interfaces as they were at most a second ago. */
  recent(): InterfaceTable {
    return this.#table === undefined || this.#nowMs() - this.#lookedMs >= LOOK_INTERVAL_MS ? this.fresh() : this.#table;
  }

  /** The interfaces as they are now. */
  fresh(): InterfaceTable {
    this.#table = readInterfaces(this.#readers);
    this.#lookedMs = this.#nowMs();
    return this.#table;
  }
}

export const systemWatch = new InterfaceWatch();
