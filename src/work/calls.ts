import { asLayercastError, type ErrorCode, LayercastError } from '../base/errors.js';

/**
 * The calls that a worker file answers, by name. Each takes one argument and returns its result, or a promise of the result.
 */
export type Calls = Readonly<Record<string, (args: never) => unknown>>;

/**
 * What a worker file gives to `serveCalls`: a function that makes the calls from the data with which the thread was started.
 */
export type WorkerFile = (data: never) => Calls;

/** Names of the calls of a worker file. */
export type CallName<W extends WorkerFile> = keyof ReturnType<W> & string;

/** The argument of a call; undefined for a call without one. */
export type Args<W extends WorkerFile, K extends CallName<W>> = Parameters<ReturnType<W>[K]>[0];

/** What a call returns to the other thread. */
export type Result<W extends WorkerFile, K extends CallName<W>> = Unmoved<Awaited<ReturnType<ReturnType<W>[K]>>>;

type Unmoved<T> = T extends Moved<infer V> ? V : T;

/** A result with memory that leaves the worker together with it. */
export class Moved<T> {
  readonly value: T;
  readonly memory: readonly ArrayBuffer[];

  constructor(value: T, memory: readonly ArrayBuffer[]) {
    this.value = value;
    this.memory = memory;
  }
}

/**
 * A result whose memory goes to the caller and is not copied. Shared memory in `views` stays where it is.
 *
 * @param views memory that `value` refers to; the worker cannot use it any more
 */
export function moving<T>(value: T, ...views: readonly (ArrayBuffer | Uint8Array)[]): Moved<T> {
  return new Moved(value, memoryOf(...views));
}

/** The memory of some views that can be moved to another thread: all that is not shared. */
export function memoryOf(...views: readonly (ArrayBuffer | Uint8Array)[]): ArrayBuffer[] {
  return views
    .map((view) => (view instanceof ArrayBuffer ? view : view.buffer))
    .filter((memory) => memory instanceof ArrayBuffer);
}

/** What the owner of a thread posts to the worker. */
export interface CallMessage {
  readonly ticket: number;
  readonly call: string;
  readonly args: unknown;
}

/** What the worker posts to the owner: one message for each call. */
export type ReplyMessage =
  | { readonly ticket: number; readonly result: unknown }
  | { readonly ticket: number; readonly failure: Failure };

/** An error in a form that can be sent to another thread. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  /** Where in the worker the error was thrown. */
  readonly stack: string | undefined;
}

/** An error as the worker sends it. One that layercast did not expect becomes `INTERNAL`. */
export function failureOf(error: unknown): Failure {
  const { code, message, hint } = asLayercastError(error);
  return { code, message, hint, stack: error instanceof Error ? error.stack : undefined };
}

/** The error as the owner of the thread throws it; the cause is the stack of the worker. */
export function errorOf({ code, message, hint, stack }: Failure): LayercastError {
  return new LayercastError(code, message, { ...(hint === undefined ? {} : { hint }), cause: stack });
}
