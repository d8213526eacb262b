import { errnoOf, LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { defaultStateDir } from '../../store/state-dir.js';
import { newContentKeyText } from '../../wire/content-cipher.js';
import { rawPublicKey } from '../../wire/public-key.js';
import { writeKeyFiles } from './key-files.js';
import { writeKeyPair } from './key-pair.js';

export interface KeygenFlags {
  readonly out?: string;
  readonly server?: boolean;
  readonly content?: string;
  readonly state?: string;
  readonly force?: boolean;
}

/**
 * `layercast keygen`: makes the key pair of a fleet and prints the paths of its files, or prints the public key of the server on this host,
 * in the form of a fleet file.
 *
 * @throws {LayercastError} `USAGE` unless exactly one of `out` and `server` is given, and as `writeKeyPair` and `serverKeyIn`
 */
export async function runKeygen({ out, server = false, content, state, force = false }: KeygenFlags): Promise<void> {
  const isOne = [out !== undefined, server, content !== undefined].filter(Boolean).length === 1;
  if (!isOne || (state !== undefined && !server)) {
    throw new LayercastError('USAGE', 'it is unclear which keys to make', {
      hint:
        'Give --out DIR for the key pair of a fleet, or --server, perhaps with --state DIR, for the key of this server, ' +
        'or --content FILE for a content key',
    });
  }
  if (server) return printServerKey(state ?? defaultStateDir(), force);
  if (content !== undefined) return writeContentKey(content, force);
  if (out === undefined) return;
  const { privatePath, publicPath } = await writeKeyPair(out, force);
  process.stdout.write(`${privatePath}\n${publicPath}\n`);
}

async function writeContentKey(path: string, force: boolean): Promise<void> {
  if (path === '-') {
    process.stdout.write(newContentKeyText());
    return;
  }
  try {
    // Nobody but the owner may read it. A key that is there decrypts what was sent, so only --force replaces it.
    await writeKeyFiles([{ path, text: newContentKeyText(), mode: 0o600 }], force);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') {
      throw new LayercastError('USAGE', `${path} already exists`, {
        hint: 'Name another file, or replace it: --force',
      });
    }
    throw systemError(error, 'write', path);
  }
  process.stdout.write(`${path}\n`);
}

async function printServerKey(stateDir: string, force: boolean): Promise<void> {
  const { forgetServerKey, serverKeyIn } = await import('../../publish/records/server-key-file.js');
  if (force) await forgetServerKey(stateDir);
  const key = await serverKeyIn(stateDir);
  process.stdout.write(`serverKey: ${Buffer.from(rawPublicKey(key)).toString('base64')}\n`);
}
