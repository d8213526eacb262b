import type { KeyObject } from 'node:crypto';
import type { z } from 'zod';
import { asLayercastError, LayercastError } from '../base/errors.js';
import type { Clock, Network } from '../base/ports.js';
import { channelIndexes, groupHash, objectName, plainName, port, receiverMode, scope } from '../fleet/fields.js';
import type { GroupHash, Scope } from '../wire/group-options.js';
import { publicKeyFrom } from '../wire/signature.js';
import { checkOptions, valuesOf } from './check-options.js';
import {
  clockOption,
  flag,
  joinedRate,
  keyOption,
  milliseconds,
  nameOfInterface,
  networkOption,
  pathOption,
  signalOption,
} from './option-fields.js';
import { OptionsError } from './options-error.js';

export interface ReceiverOptions {
  readonly fleet: string;
  readonly object: string;
  /** The fleet's Ed25519 public key: SPKI PEM, or a key object. */
  readonly key: string | Buffer | KeyObject;
  /** The file to make. */
  readonly output: string;
  /** Interface to join on. @default the first usable one */
  readonly interface?: string | undefined;
  /** Wait for the interface while it is missing or not ready. @default true */
  readonly wait?: boolean | undefined;
  /** Where the fleet announces. @default site */
  readonly scope?: Scope | undefined;
  /** @default 4242 */
  readonly port?: number | undefined;
  /** How the fleet derives groups from names. @default sha3-512 */
  readonly hash?: GroupHash | undefined;
  /** `auto` follows the ladder. @default auto */
  readonly mode?: 'auto' | 'best' | 'several' | undefined;
  /** Exactly these channels. @default chosen */
  readonly channels?: readonly number[] | undefined;
  /** Most to join at once, whole IPv6 packets in bit/s. @default no limit */
  readonly maxRateBitsPerSecond?: number | undefined;
  /** Give up after this long. @default never */
  readonly timeoutMs?: number | undefined;
  /** Give up when nothing of the object was heard for this long. @default 30 s */
  readonly patienceMs?: number | undefined;
  /** Accept a version older than one completed before. @default false */
  readonly allowRollback?: boolean | undefined;
  /** Accept a descriptor that is past its date. @default false */
  readonly allowExpired?: boolean | undefined;
  /**
   * Keep the journal here instead of beside `output`; versions completed are remembered here too.
   * @default beside `output`; versions in $XDG_STATE_HOME/layercast
   */
  readonly stateDir?: string | undefined;
  /** Stops the receiver when aborted; progress is kept. */
  readonly signal?: AbortSignal | undefined;
  /** @default real sockets */
  readonly network?: Network | undefined;
  /** @default this host's clock */
  readonly clock?: Clock | undefined;
}

/** Options after all checks. */
export interface CheckedReceiverOptions extends ReceiverOptions {
  readonly key: KeyObject;
}

export const receiverShape = {
  fleet: plainName,
  object: objectName,
  key: keyOption,
  output: pathOption,
  interface: nameOfInterface.optional(),
  wait: flag.optional(),
  scope: scope.optional(),
  port: port.optional(),
  hash: groupHash.optional(),
  mode: receiverMode.optional(),
  channels: channelIndexes.optional(),
  maxRateBitsPerSecond: joinedRate.optional(),
  timeoutMs: milliseconds.optional(),
  patienceMs: milliseconds.optional(),
  allowRollback: flag.optional(),
  allowExpired: flag.optional(),
  stateDir: pathOption.optional(),
  signal: signalOption.optional(),
  network: networkOption.optional(),
  clock: clockOption.optional(),
} satisfies Record<keyof ReceiverOptions, z.ZodType>;

const RENAMED = {
  timeoutUs: 'timeoutMs, which counts milliseconds',
  patienceUs: 'patienceMs, which counts milliseconds',
};

/**
 * Checks the options of `createReceiver` and reads the key.
 *
 * @throws {OptionsError} `USAGE` with every fault; {LayercastError} `KEY_INVALID` when only the key is wrong.
 */
export function checkReceiverOptions(options: unknown): CheckedReceiverOptions {
  const checked = checkOptions(receiverShape, RENAMED, options);
  const key = readKey(options);
  if (key instanceof LayercastError) {
    if (checked.values !== undefined) throw key;
    throw new OptionsError('createReceiver', [...checked.faults, { option: 'key', text: key.message }]);
  }
  // Without a key there is a fault, and `valuesOf` throws.
  return { ...valuesOf('createReceiver', checked), key: key as KeyObject };
}

/** The key, or why it is none; undefined for what is no key by its type. */
function readKey(options: unknown): KeyObject | LayercastError | undefined {
  const { success, data } = keyOption.safeParse((options as { readonly key?: unknown } | undefined | null)?.key);
  if (!success) return undefined;
  try {
    return publicKeyFrom(data, 'the option key');
  } catch (error) {
    if (typeof data !== 'string' || data.includes('-----BEGIN')) return asLayercastError(error);
    return new LayercastError('KEY_INVALID', 'the option key is not an Ed25519 public key in PEM form (found no key)', {
      hint: 'Give the text of the PEM file, not its path',
      cause: error,
    });
  }
}
