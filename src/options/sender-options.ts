import type { z } from 'zod';
import type { Clock, Network } from '../base/ports.js';
import { whole } from '../config/fields.js';
import { plainName } from '../fleet/fields.js';
import { checkOptions, valuesOf } from './check-options.js';
import {
  cacheBytes,
  clockOption,
  flag,
  nameOfInterface,
  networkOption,
  pathOption,
  signalOption,
} from './option-fields.js';

export interface SenderOptions {
  /** Path of the fleet file; read again by `reload`. */
  readonly config: string;
  /** Which server of the fleet this host is. @default the only one, or the one with this host's name or address */
  readonly host?: string | undefined;
  /** Interface to send on. @default the server's or the fleet's, else the first usable one */
  readonly interface?: string | undefined;
  /** Wait for the interface while it is missing or not ready. @default true */
  readonly wait?: boolean | undefined;
  /** Reject `done` when nothing is left to send, instead of waiting for a reload. @default false */
  readonly exitWhenIdle?: boolean | undefined;
  /** Where digests and intermediate symbols of files are kept. @default $XDG_STATE_HOME/layercast */
  readonly stateDir?: string | undefined;
  /** Most bytes of intermediate symbols kept there; those not used for the longest time go. @default 32e9 */
  readonly cacheBytes?: number | undefined;
  /** Threads that encode at once. @default 2, or 1 on one processor or for blocks larger than 12 MB */
  readonly threadCount?: number | undefined;
  /** Stops the sender when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** @default real sockets */
  readonly network?: Network | undefined;
  /** @default this host's clock */
  readonly clock?: Clock | undefined;
}

export const senderShape = {
  config: pathOption,
  host: plainName.optional(),
  interface: nameOfInterface.optional(),
  wait: flag.optional(),
  exitWhenIdle: flag.optional(),
  stateDir: pathOption.optional(),
  cacheBytes: cacheBytes.optional(),
  threadCount: whole(1, 64).optional(),
  signal: signalOption.optional(),
  network: networkOption.optional(),
  clock: clockOption.optional(),
} satisfies Record<keyof SenderOptions, z.ZodType>;

/**
 * Checks the options of `createSender`.
 *
 * @throws {OptionsError} `USAGE` with every fault.
 */
export function checkSenderOptions(options: unknown): SenderOptions {
  return valuesOf('createSender', checkOptions(senderShape, {}, options));
}
