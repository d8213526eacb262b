import type { KeyObject } from 'node:crypto';
import { asLayercastError, LayercastError } from '../base/errors.js';
import { isRootText } from '../trust/root-armour.js';
import { publicKeyFrom } from '../wire/signature.js';
import { checkOptions, valuesOf } from './check-options.js';
import { OptionsError } from './options-error.js';
import { isPemOrKey } from './program-values.js';
import { type CheckedOptions, RECEIVER_OPTIONS } from './receiver-options.js';

/** The options of a receiver after all checks, with defaults filled in and the key read. */
export interface CheckedReceiverOptions extends CheckedOptions {
  /** A public key, or the text of a root file, which is read when the receiver starts. */
  readonly key: KeyObject | string;
}

/**
 * Checks the options of `createReceiver` and reads the key.
 *
 * @throws {OptionsError} `USAGE` with every fault; {LayercastError} `KEY_INVALID` when only the key is wrong.
 */
export function checkReceiverOptions(options: unknown): CheckedReceiverOptions {
  const checked = checkOptions(RECEIVER_OPTIONS, options);
  const key = readKey(options);
  if (key instanceof LayercastError) {
    if (checked.values !== undefined) throw key;
    throw new OptionsError('createReceiver', [...checked.faults, { option: 'key', text: key.message }]);
  }
  // Without a key there is a fault, and `valuesOf` throws.
  return { ...valuesOf('createReceiver', checked), key: key as KeyObject | string };
}

/** The key, or why it is not usable; undefined for a value whose type is not that of a key. */
export function readKey(options: unknown): KeyObject | string | LayercastError | undefined {
  const data = (options as { readonly key?: unknown } | undefined | null)?.key;
  if (!isPemOrKey(data)) return undefined;
  if ((typeof data === 'string' || data instanceof Uint8Array) && isRootText(data.toString())) return data.toString();
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
