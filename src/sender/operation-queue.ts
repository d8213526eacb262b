import { LayercastError } from '../base/errors.js';

/**
 * Runs operations strictly one after the other, in the order in which they were asked for. Whoever asks waits for the answer
 * before asking again, so that the queue never holds more than a few operations for each object.
 */
export class OperationQueue {
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** Whether `close` was called: an operation that is under way looks here before the change that it was made for. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws {LayercastError} `ABORTED` when the queue is closed before the operation's turn; else what the operation throws */
  run<T>(operation: () => Promise<T> | T): Promise<T> {
    const turn = this.#last.then(() => {
      this.throwIfClosed();
      return operation();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  throwIfClosed(): void {
    if (this.#isClosed) throw new LayercastError('ABORTED', 'the sender was stopped');
  }

  /** Refuses every operation that has not begun; resolves when the one under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }
}
