import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { errnoOf, LayercastError } from '../base/errors.js';
import { systemError } from '../base/system-error.js';

/** A fleet of 1000 objects with 32 channels each takes about 2 MB. A much larger file was given by mistake. */
const MAX_BYTES = 8 * 2 ** 20;

/**
 * The text of a settings file.
 *
 * @throws {LayercastError} `FILE_NOT_FOUND`, `NOT_A_FILE`, `PERMISSION_DENIED`, `FILE_IO`; `CONFIG_INVALID` when it is too large or not UTF-8.
 */
export async function readText(path: string): Promise<string> {
  const bytes = await readBounded(path, 'let this user read it, or run as a user who may');
  if (bytes.length > MAX_BYTES) {
    throw new LayercastError('CONFIG_INVALID', `${path}: larger than ${MAX_BYTES} bytes`, {
      hint: 'give a YAML file of settings',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LayercastError('CONFIG_INVALID', `${path}: not UTF-8 text`, {
      hint: 'give a YAML file of settings',
      cause,
    });
  }
}

/**
 * The text of a key file. Bytes that are not text are kept as characters, so that the reader of the key can say what is wrong.
 *
 * @throws {LayercastError} `FILE_NOT_FOUND`, `NOT_A_FILE`, `PERMISSION_DENIED`, `FILE_IO`
 */
export async function readKeyText(path: string): Promise<string> {
  return new TextDecoder('latin1').decode(await readBounded(path, KEY_REMEDY));
}

const KEY_REMEDY =
  'run as the user who may read it, or give this user the right to; a private key stays readable by one user only';

/** Reads at most one byte more than allowed, so that no file fills the memory. */
async function readBounded(path: string, remedy: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r');
    const into = Buffer.allocUnsafe(MAX_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(into, length, into.length - length);
      length += bytesRead;
      if (bytesRead === 0) return into.subarray(0, length);
    }
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'ENOENT') {
      const variable = /\$\{(\w+)\}/.exec(path)?.[1];
      const from = isAbsolute(path) ? '' : `: it was looked for from ${process.cwd()}`;
      const hint =
        variable === undefined ? `check its name${from}` : `the environment variable ${variable} is not set; set it`;
      throw new LayercastError('FILE_NOT_FOUND', `no file ${path}`, { hint, cause });
    }
    if (errno === 'EACCES' || errno === 'EPERM') {
      throw new LayercastError('PERMISSION_DENIED', `may not read ${path}`, { hint: remedy, cause });
    }
    throw systemError(cause, 'read', path);
  }
}
