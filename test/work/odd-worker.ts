import type { ErrorCode } from '../../dist/base/errors.js';

/** The worker file of the tests of `Thread` and `Pool`. */
export const ODD_WORKER = new URL('./odd-worker.mjs', import.meta.url);

/** Its type; Node runs the file itself, and knows no types. */
export type OddWorker = (data: unknown) => {
  readonly echo: (value: unknown) => unknown;
  readonly data: () => unknown;
  readonly count: () => number;
  readonly later: (value: number) => Promise<number>;
  readonly fill: (bytes: Uint8Array) => Uint8Array;
  readonly fail: (error: { readonly code: ErrorCode; readonly hint: string }) => never;
  readonly trip: () => never;
  readonly answerWithFunction: () => unknown;
  readonly exit: (code: number) => never;
  readonly exitLater: (code: number) => void;
  readonly crash: () => Promise<never>;
  readonly never: () => Promise<never>;
  readonly eatMemory: () => never;
  readonly stopListening: () => Promise<never>;
};
