import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { makeFolder } from '../../store/folder/make-folder.js';
import { writeKeyFiles } from './key-files.js';

/**
 * Writes a new Ed25519 key pair as PEM: PKCS#8 (RFC 5958) and SPKI (RFC 8410).
 *
 * @throws {LayercastError} `USAGE` when a key is there and `force` is false; `PERMISSION_DENIED`, `DISK_FULL`, `FILE_IO`.
 */
export async function writeKeyPair(
  folder: string,
  force: boolean,
): Promise<{ readonly privatePath: string; readonly publicPath: string }> {
  const privatePath = join(folder, 'layercast.key');
  const publicPath = join(folder, 'layercast.pub');
  const present = [privatePath, publicPath].find((path) => existsSync(path));
  if (present !== undefined && !force) {
    throw new LayercastError('USAGE', `${present} is already there`, {
      hint: 'give another --out; or --force, after which receivers need the new public key',
    });
  }
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  try {
    await makeFolder(folder);
    const files = [
      { path: privatePath, text: pair.privateKey, mode: 0o600 },
      { path: publicPath, text: pair.publicKey, mode: 0o644 },
    ];
    await writeKeyFiles(files, force);
  } catch (cause) {
    throw systemError(cause, 'write keys to', folder);
  }
  return { privatePath, publicPath };
}
