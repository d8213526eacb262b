import { parentPort, workerData } from 'node:worker_threads';
import { asLayercastError } from '../base/errors.js';
import { type CallMessage, Moved, type ReplyMessage, type WorkerFile } from './calls.js';
import { Packer } from './packed-values.js';

/**
 * Answers the calls of a `Thread`; the last line of a worker file. Calls are answered one after the other in the order in which
 * they were made, except that a call that returns a promise lets others run until the promise is settled.
 *
 * What a call throws reaches the caller with its code, message and hint, and the thread goes on. What is thrown outside of a
 * call ends the thread.
 *
 * @param worker called once, with the data that the thread was started with, and with the owner, to whom it may tell things
 *
 * @example
 * const worker = () => ({ hash: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest() });
 * export type HashingWorker = typeof worker;
 * serveCalls(worker);
 */
export function serveCalls(worker: WorkerFile): void {
  const packer = new Packer();
  const calls = worker(workerData as never, { tell: (told) => post({ told }), packer });
  parentPort?.on('message', async ({ ticket, call, args }: CallMessage) => {
    if (ticket === undefined) {
      calls[call]!(args as never);
      return;
    }
    try {
      const result = await calls[call]!(args as never);
      if (result instanceof Moved) post({ ticket, result: result.value }, result.memory);
      else post({ ticket, result });
    } catch (error) {
      post({ ticket, failure: packer.pack(asLayercastError(error)) });
    }
  });
  // The call that the message was to make is not known. The thread ends, so that its caller does not wait for ever.
  parentPort?.on('messageerror', (error) => {
    throw error;
  });
}

function post(reply: ReplyMessage, memory: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, memory);
}
