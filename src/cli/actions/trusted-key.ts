import type { KeyObject } from 'node:crypto';
import { readKeyText } from '../../config/read-text.js';
import { isRootText } from '../../trust/root-armour.js';
import { publicKeyFrom } from '../../wire/signature.js';

/**
 * What `--key` names, as receivers and agents take it: the public key in the file, or the text of a root file.
 *
 * @throws {LayercastError} `KEY_INVALID` for a file that holds neither; as `readKeyText`
 */
export async function readTrustedKey(path: string): Promise<KeyObject | string> {
  const text = await readKeyText(path);
  return isRootText(text) ? text : publicKeyFrom(text, path);
}
