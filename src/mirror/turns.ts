/** Lets some pieces of work run at once; the others wait, and begin in their order. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #freeCount: number;

  constructor(count: number) {
    this.#freeCount = count;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#freeCount === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#freeCount--;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#freeCount++;
      else next();
    }
  }
}
