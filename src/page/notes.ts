import type { Note } from './live-state.js';

/** As many as a person reads; a log has them all. */
const MAX_NOTES = 20;

/** The last warnings and refusals. */
export class Notes {
  readonly #nowMs: () => number;
  readonly #notes: Note[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(text: string): void {
    this.#notes.push({ atMs: this.#nowMs(), text });
    if (this.#notes.length > MAX_NOTES) this.#notes.shift();
  }

  get all(): readonly Note[] {
    return [...this.#notes];
  }
}
