import { LayercastError } from '../../base/errors.js';
import { defaultStateDir } from '../../store/state-dir.js';
import { rawPublicKey } from '../../wire/public-key.js';
import { writeKeyPair } from './key-pair.js';

export interface KeygenFlags {
  readonly out?: string;
  readonly server?: boolean;
  readonly state?: string;
  readonly force?: boolean;
}

/**
 * `layercast keygen`: makes the key pair of a fleet and prints the paths of its files, or prints the public key of the server on this host,
 * in the form of a fleet file.
 *
 * @throws {LayercastError} `USAGE` unless exactly one of `out` and `server` is given, and as `writeKeyPair` and `serverKeyIn`
 */
export async function runKeygen({ out, server, state, force = false }: KeygenFlags): Promise<void> {
  if (server === true && out === undefined) return printServerKey(state ?? defaultStateDir(), force);
  if (server === true || out === undefined || state !== undefined) {
    throw new LayercastError('USAGE', 'it is unclear which keys to make', {
      hint: 'Give --out DIR for the key pair of a fleet, or --server, perhaps with --state DIR, for the key of this server',
    });
  }
  const { privatePath, publicPath } = await writeKeyPair(out, force);
  process.stdout.write(`${privatePath}\n${publicPath}\n`);
}

async function printServerKey(stateDir: string, force: boolean): Promise<void> {
  const { forgetServerKey, serverKeyIn } = await import('../../publish/records/server-key-file.js');
  if (force) await forgetServerKey(stateDir);
  const key = await serverKeyIn(stateDir);
  process.stdout.write(`serverKey: ${Buffer.from(rawPublicKey(key)).toString('base64')}\n`);
}
