import type { Clock } from '../base/ports.js';
import type { ObjectStore } from './assemble/object-store.js';
import { CheckpointTiming } from './checkpoint-timing.js';

/** Has a store write checkpoints when they are due, one at a time. */
export class Checkpoints {
  readonly #store: Pick<ObjectStore, 'checkpoint'>;
  readonly #clock: Pick<Clock, 'nowUs'>;
  readonly #onError: (error: unknown) => void;
  readonly #timing: CheckpointTiming;
  #underWay: Promise<void> = Promise.resolve();

  /** @param onError gets what a checkpoint rejects with; none is written after that */
  constructor(store: Pick<ObjectStore, 'checkpoint'>, clock: Pick<Clock, 'nowUs'>, onError: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onError = onError;
    this.#timing = new CheckpointTiming(clock.nowUs());
  }

  /** Notes that a datagram has been received. Only the first call counts. */
  begin(nowUs: number): void {
    this.#timing.begin(nowUs);
  }

  /** Makes the next checkpoint due at once. */
  demand(): void {
    this.#timing.demand();
  }

  /** Starts a checkpoint if one is due. */
  look(nowUs: number): void {
    if (!this.#timing.isDue(nowUs)) return;
    this.#timing.start(nowUs);
    this.#underWay = this.#store.checkpoint().then(() => this.#timing.end(this.#clock.nowUs()), this.#onError);
  }

  /** Resolves when none is under way. Never rejects. */
  settled(): Promise<void> {
    return this.#underWay;
  }
}
