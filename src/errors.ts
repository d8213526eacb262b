/**
 * What can go wrong on this host: every local fault has one of these codes, and users match on them.
 * Faults of the network (damaged, foreign or hostile datagrams) are never errors; they are counted.
 */
export type ErrorCode =
  | 'USAGE'
  | 'CONFIG_INVALID'
  | 'LOG_INVALID'
  | 'FILE_NOT_FOUND'
  | 'PERMISSION_DENIED'
  | 'DISK_FULL'
  | 'FILE_IN_USE'
  | 'FILE_IO'
  | 'OBJECT_CHANGED'
  | 'UNKNOWN_HOST'
  | 'UNKNOWN_INTERFACE'
  | 'ADDRESS_INVALID'
  | 'NETWORK_UNAVAILABLE'
  | 'KEY_INVALID'
  | 'RECORD_INVALID'
  | 'VERSION_REFUSED'
  | 'EXPIRED'
  | 'NOBODY_SENDING'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'FEC_INVALID'
  | 'INTERNAL';

/**
 * A local fault: what happened (with the bad value), and what to do about it.
 *
 * @example
 * throw new LayercastError('UNKNOWN_INTERFACE', 'no interface is called "eth7"', { hint: 'one of: eth0, wlan0' });
 */
export class LayercastError extends Error {
  override readonly name = 'LayercastError';
  readonly code: ErrorCode;
  /** What the user can do, as an imperative sentence without a full stop. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The system's errno name (`ENOSPC`, …) of an error that Node made, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
