import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../base/errors.js';
import { replaceFile } from '../../store/durable.js';
import { openStateFolder, stateError } from '../../store/folder/state-folder.js';
import { privateKeyFrom } from '../../wire/signature.js';

/** The file in a state directory with the private key (PKCS #8 PEM) by which this host signs the runs that it sends. */
export function serverKeyPath(stateDir: string): string {
  return join(stateDir, 'server.key');
}

/**
 * The private key of the server that uses this state directory. If there is none, it is made, readable by this user alone.
 *
 * @throws {LayercastError} `KEY_INVALID` when the file holds something else; `PERMISSION_DENIED`, `DISK_FULL`, … when the state directory
 * cannot be used
 */
export async function serverKeyIn(stateDir: string): Promise<KeyObject> {
  const path = serverKeyPath(stateDir);
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw stateError(error, stateDir);
  });
  if (pem !== undefined) return privateKeyFrom(pem, path);
  await openStateFolder(stateDir, stateDir);
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    await replaceFile(path, [Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))]);
  } catch (error) {
    throw stateError(error, stateDir);
  }
  return privateKey;
}

/** Deletes the key, so that the next one is another. */
export async function forgetServerKey(stateDir: string): Promise<void> {
  await rm(serverKeyPath(stateDir), { force: true });
}
