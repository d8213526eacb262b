import { CommanderError } from 'commander';
import { type ErrorCode, LayercastError } from '../base/errors.js';
import { Interrupted } from './interrupt.js';

/** The process's exit code for each way to fail; scripts rely on them. */
const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  // 2: a fault in what was typed, or in a file that was given; the same command fails again.
  USAGE: 2,
  CONFIG_INVALID: 2,
  LOG_INVALID: 2,
  FILE_NOT_FOUND: 2,
  NOT_A_FILE: 2,
  UNKNOWN_HOST: 2,
  UNKNOWN_INTERFACE: 2,
  ADDRESS_INVALID: 2,
  KEY_INVALID: 2,
  // 3: not finished; progress is kept.
  TIMEOUT: 3,
  // 4: what arrived is not what was signed, or is refused.
  RECORD_INVALID: 4,
  VERSION_REFUSED: 4,
  EXPIRED: 4,
  ROLE_REFUSED: 4,
  INCOMPATIBLE: 4,
  TREE_INVALID: 4,
  ENCRYPTED: 4,
  // 5: nothing was heard at all.
  NOBODY_SENDING: 5,
  // 1: a fault of this host or its network.
  NOTHING_TO_SEND: 1,
  PERMISSION_DENIED: 1,
  DISK_FULL: 1,
  FILE_IN_USE: 1,
  FILE_IO: 1,
  OBJECT_CHANGED: 1,
  OUTPUT_CLOSED: 1,
  COMMAND_FAILED: 1,
  NETWORK_UNAVAILABLE: 1,
  ABORTED: 1,
  FEC_INVALID: 1,
  THREAD_LOST: 1,
  PROGRAM_FAILED: 1,
  INTERNAL: 1,
};

/** 128 and the signal's number, as shells count. */
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return SIGNAL_EXIT_CODES[error.signal];
  if (error instanceof LayercastError) return EXIT_CODES[error.code];
  // Commander exits with 0 after help and version, and with 1 for every wrong use.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.USAGE;
  return EXIT_CODES.INTERNAL;
}
