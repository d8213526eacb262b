import { rateOf } from '../rate/ladder/ladder.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { AgentObject } from './agent-object.js';
import type { AgentWatch } from './ports.js';
import { rateShare } from './rate-shares.js';

/** Transfers at once. Each has its own rate control, and more of them would only compete for the same link. */
const MAX_TRANSFERS = 8;

/** Transfers and programs that are under way: shares out places and rate among the objects of a device. */
export class SharedWork {
  readonly #maxRateBitsPerSecond: number | undefined;
  readonly #onDone: () => void;
  /** Transfers under way, with the rates that they may join. */
  readonly #transfers = new Map<AgentObject, number | undefined>();
  readonly #work = new Set<Promise<void>>();
  #isApplying = false;

  /** @param onDone is called when a transfer or a program has ended */
  constructor(maxRateBitsPerSecond: number | undefined, onDone: () => void) {
    this.#maxRateBitsPerSecond = maxRateBitsPerSecond;
    this.#onDone = onDone;
  }

  get isTransferring(): boolean {
    return this.#transfers.size > 0;
  }

  /** Has one program run. One at a time: updaters lock what they write, and the machine has other work. */
  beginProgram(objects: Iterable<AgentObject>, nowUs: number): void {
    if (this.#isApplying) return;
    const object = [...objects].find((each) => each.hasToApply(nowUs));
    if (object === undefined) return;
    this.#isApplying = true;
    this.#do(object.apply(), () => {
      this.#isApplying = false;
    });
  }

  /** Begins as many transfers as have a place and a rate. */
  beginTransfers(objects: Iterable<AgentObject>, watch: AgentWatch, nowUs: number): void {
    for (const object of objects) {
      if (this.#transfers.size >= MAX_TRANSFERS) return;
      const descriptor = object.toReceive(nowUs);
      if (descriptor === undefined) continue;
      const granted = [...this.#transfers.values()].map((rate) => rate ?? 0);
      const share = rateShare(this.#maxRateBitsPerSecond, granted, demandOf(descriptor));
      if (share === 0) continue;
      this.#transfers.set(object, share);
      this.#do(object.receive(watch, share), () => {
        this.#transfers.delete(object);
      });
    }
  }

  /** Ends all transfers; their progress is kept. */
  pauseTransfers(): void {
    for (const object of this.#transfers.keys()) object.pause();
  }

  /** Resolves when all that is under way has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }

  /** Resolves when nothing is under way, and nothing was begun meanwhile. */
  async idle(): Promise<void> {
    while (this.#work.size > 0) await this.settled();
  }

  #do(work: Promise<void>, after: () => void): void {
    const done = work.then(() => {
      after();
      this.#work.delete(done);
      this.#onDone();
    });
    this.#work.add(done);
  }
}

function demandOf({ channels, symbolBytes, mode }: Descriptor) {
  const rates = channels.map(({ intervalUs }) => rateOf(intervalUs, symbolBytes));
  const top = mode === 'several' ? rates.reduce((sum, rate) => sum + rate, 0) : Math.max(...rates);
  return { topBitsPerSecond: top, lowestBitsPerSecond: Math.min(...rates) };
}
