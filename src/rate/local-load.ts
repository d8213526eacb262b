/** This host is overloaded if it drops more than this share of the datagrams itself. */
const DROP_RATIO = 0.01;
/** Fewer drops than this may be an accident. */
const MIN_DROPS = 10;
/** At each reading the counts are multiplied by this: half of them are left after 0.7 s. */
const COUNT_DECAY = 0.95;

/** Watches whether this host keeps up with what arrives, or its disk or processor is behind. */
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
