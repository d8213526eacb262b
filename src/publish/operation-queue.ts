import { LayercastError } from '../base/errors.js';

/**
 * Runs operations one after the other, in the order of the calls. A caller waits for the answer before its next call, so the queue
 * never holds more than a few operations for each object.
 */
export class OperationQueue {
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** @throws {LayercastError} `ABORTED` if the queue is closed before the operation's turn; otherwise the error of the operation */
  run<T>(operation: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#isClosed) throw new LayercastError('ABORTED', 'the sender was stopped');
      return operation();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Refuses every operation that has not begun. Resolves when the running operation has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }
}
