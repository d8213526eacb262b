import type { PackedValue, Packer } from './packed-values.js';

/**
 * The calls that a worker file answers, by name. Each takes one argument and returns its result, or a promise of the result.
 */
export type Calls = Readonly<Record<string, (args: never) => unknown>>;

/**
 * What a worker file gives to `serveCalls`: a function that makes the calls from the data with which the thread was started.
 */
export type WorkerFile = (data: never, owner: Owner) => Calls;

/** What a worker file makes its calls from: nothing, or one value. */
export type DataOf<W extends WorkerFile> = Parameters<W> extends [infer Data, ...unknown[]] ? [Data] : [];

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
function memoryOf(...views: readonly (ArrayBuffer | Uint8Array)[]): ArrayBuffer[] {
  return views
    .map((view) => (view instanceof ArrayBuffer ? view : view.buffer))
    .filter((memory) => memory instanceof ArrayBuffer);
}

/** What the owner of a thread posts to the worker. */
export interface CallMessage {
  /** Undefined for a call that nobody waits for. */
  readonly ticket: number | undefined;
  readonly call: string;
  readonly args: unknown;
}

/** What the worker posts to the owner: one reply for each call with a ticket, and what it tells of its own accord. */
export type ReplyMessage =
  | { readonly ticket: number; readonly result: unknown }
  | { readonly ticket: number; readonly failure: PackedValue }
  | { readonly told: unknown };

/** The owner of a thread, as the worker file sees it. */
export interface Owner {
  /**
   * Tells the owner something without a call. What is told, and the replies to calls, arrive in the order in which they were
   * sent. The worker limits how much it tells while the owner takes nothing.
   */
  tell(message: unknown): void;
  /** Packs the errors of replies. An error that is told too goes through the same packer: the owner then gets the same error twice. */
  readonly packer: Packer;
}
