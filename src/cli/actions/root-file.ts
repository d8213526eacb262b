import { createPublicKey, type KeyObject } from 'node:crypto';
import { LayercastError } from '../../base/errors.js';
import { readKeyText } from '../../config/read-text.js';
import { replaceFile } from '../../store/durable.js';
import { type RootFile, readRootText, rootText } from '../../trust/root-text.js';
import { rawPublicKey } from '../../wire/public-key.js';
import { privateKeyFrom, publicKeyFrom } from '../../wire/signature.js';

const NO_ROOTS: RootFile = { versions: [], draft: undefined };

/**
 * @param isNew whether the file may be missing: then it has no version
 * @throws {LayercastError} `KEY_INVALID`, `FILE_NOT_FOUND`, `PERMISSION_DENIED`, …
 */
export async function readRootFile(path: string, isNew = false): Promise<RootFile> {
  try {
    return readRootText(await readKeyText(path), path);
  } catch (error) {
    if (isNew && error instanceof LayercastError && error.code === 'FILE_NOT_FOUND') return NO_ROOTS;
    throw error;
  }
}

export async function writeRootFile(path: string, file: RootFile): Promise<void> {
  await replaceFile(path, [Buffer.from(rootText(file))]);
}

/** The public key in a file of either half of a pair, as 32 bytes. */
export async function readRawPublicKey(path: string): Promise<Uint8Array> {
  const text = await readKeyText(path);
  const key = /PRIVATE KEY/.test(text) ? createPublicKey(privateKeyFrom(text, path)) : publicKeyFrom(text, path);
  return rawPublicKey(key);
}

export function readPrivateKeys(paths: readonly string[]): Promise<readonly KeyObject[]> {
  return Promise.all(paths.map(async (path) => privateKeyFrom(await readKeyText(path), path)));
}
