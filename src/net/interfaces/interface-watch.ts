import { type InterfaceReaders, type InterfaceTable, readInterfaces, systemReaders } from './interface-table.js';

/** Reading the interfaces takes some 0.1 ms. Once a second for the whole process is negligible, however many sockets ask. */
const MAX_AGE_MS = 1_000;

/** Reads the interfaces for all sockets of this process. */
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
    return this.#table === undefined || this.#nowMs() - this.#lookedMs >= MAX_AGE_MS ? this.fresh() : this.#table;
  }

  /** The interfaces as they are now. */
  fresh(): InterfaceTable {
    this.#table = readInterfaces(this.#readers);
    this.#lookedMs = this.#nowMs();
    return this.#table;
  }
}

export const systemWatch = new InterfaceWatch();
