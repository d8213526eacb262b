/**
 * Codes of the faults that can occur on this host. Every local fault has one, and users match on it.
 * Faults of the network (damaged, foreign or hostile datagrams) are never errors; they are counted.
 */
export type ErrorCode =
  | 'USAGE'
  | 'CONFIG_INVALID'
  | 'LOG_INVALID'
  | 'FILE_NOT_FOUND'
  | 'NOT_A_FILE'
  | 'PERMISSION_DENIED'
  | 'DISK_FULL'
  | 'FILE_IN_USE'
  | 'FILE_IO'
  | 'OBJECT_CHANGED'
  | 'OUTPUT_CLOSED'
  | 'COMMAND_FAILED'
  | 'UNKNOWN_HOST'
  | 'UNKNOWN_INTERFACE'
  | 'ADDRESS_INVALID'
  | 'NETWORK_UNAVAILABLE'
  | 'KEY_INVALID'
  | 'RECORD_INVALID'
  | 'VERSION_REFUSED'
  | 'EXPIRED'
  | 'ROLE_REFUSED'
  | 'INCOMPATIBLE'
  | 'TREE_INVALID'
  | 'ENCRYPTED'
  | 'NOBODY_SENDING'
  | 'NOTHING_TO_SEND'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'FEC_INVALID'
  | 'THREAD_LOST'
  | 'PROGRAM_FAILED'
  | 'INTERNAL';

/** Has a property for each option. src/options adds them where it declares the options, because this folder imports nothing. */
// biome-ignore lint/suspicious/noEmptyInterface: others add to it
export interface OptionNames {}

/** The options of `createReceiver` and `createSender`, by which a hint names a setting. */
export type OptionName = keyof OptionNames;

/** How readers write an option: `the option interface` in a program, `--interface` on the command line. */
export type Spelling = (option: OptionName) => string;

/** A hint, or a function that makes one and spells the options it names: ``(say) => `Name one with ${say('host')}` ``. */
export type Hint = string | ((say: Spelling) => string);

/**
 * A local fault: what happened (with the bad value), and what to do about it.
 *
 * @example
 * throw new LayercastError('UNKNOWN_INTERFACE', 'no interface is called "eth7"', { hint: 'one of: eth0, wlan0' });
 */
export class LayercastError extends Error {
  override readonly name = 'LayercastError';
  readonly code: ErrorCode;
  /** What the user can do: an imperative sentence without a full stop. It names options as programs do. */
  readonly hint: string | undefined;
  readonly #hint: Hint | undefined;

  constructor(code: ErrorCode, message: string, options: { readonly hint?: Hint; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.#hint = options.hint;
    this.hint = this.hintFor((option) => `the option ${option}`);
  }

  /** The hint for readers that write options in another way. */
  hintFor(say: Spelling): string | undefined {
    return typeof this.#hint === 'function' ? this.#hint(say) : this.#hint;
  }
}

/**
 * Turns any error into a `LayercastError`. A `LayercastError` stays as it is. The reason of an aborted AbortSignal becomes `ABORTED`,
 * and everything else `INTERNAL`, with the error as its cause.
 *
 * @param signal The signal that may have caused the error.
 */
export function asLayercastError(error: unknown, signal?: { readonly aborted: boolean; readonly reason: unknown }) {
  if (error instanceof LayercastError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const isAbort = signal?.aborted === true && (signal.reason === error || (error as Error)?.name === 'AbortError');
  return isAbort
    ? new LayercastError('ABORTED', `stopped: ${said}`, { cause: error })
    : new LayercastError('INTERNAL', `this should not happen: ${said}`, { cause: error });
}

/** The system's errno name (`ENOSPC`, …) of an error that Node made; undefined for other errors. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
