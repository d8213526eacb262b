/** More than this share dropped by this host itself is too much for it. */
const DROP_RATIO = 0.01;
/** Fewer drops may have been an accident. */
const MIN_DROPS = 10;
/** What remains of older counts at each reading: half of them after 0.7 s. */
const COUNT_DECAY = 0.95;

/** Whether this host can take what comes, or its disk or processor is behind. */
export class LocalLoad {
  #droppedCount = 0;
  #count = 0;

  add(receivedCount: number, droppedCount: number): void {
    this.#droppedCount = COUNT_DECAY * this.#droppedCount + droppedCount;
    this.#count = COUNT_DECAY * this.#count + receivedCount + droppedCount;
  }

  get isTooMuch(): boolean {
    return this.#droppedCount >= MIN_DROPS && this.#droppedCount > DROP_RATIO * this.#count;
  }

  clear(): void {
    this.#droppedCount = 0;
    this.#count = 0;
  }
}
