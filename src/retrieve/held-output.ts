import { realpath, stat } from 'node:fs/promises';
import type { HeldVersion } from '../agent/object-record.js';
import { deviceDigest } from '../store/device/read-back.js';
import { verifyFile } from '../store/hash-file.js';
import { ContentCipher } from '../wire/content-cipher.js';
import { hasPlaintext, readContentKey } from './decryption.js';
import { hasTree } from './tree/has-tree.js';
import { OwnedFolders } from './tree/owned-folders.js';

/**
 * Whether the output of a version still has its bytes: a file, a device from its beginning, or a folder by the archive that it would be. A
 * command has taken its bytes when it ended.
 *
 * @param contentKeyPath the file of the content key, for a version that is encrypted
 * @param stateDir where fetches note which folders they have made
 * @throws {LayercastError} `ABORTED`, `PERMISSION_DENIED`, `FILE_IO`, …
 */
export async function isHeld(
  { path, sizeBytes, sha256, encryption }: HeldVersion,
  contentKeyPath: string | undefined,
  stateDir: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (path === undefined) return true;
  const found = await stat(path).catch(() => undefined);
  const expected = { sizeBytes, sha256: Buffer.from(sha256, 'hex') };
  if (found?.isDirectory()) return await hasTree(await realpath(path), expected, signal, new OwnedFolders(stateDir));
  if (found?.isBlockDevice()) return expected.sha256.equals(await deviceDigest(path, sizeBytes, signal));
  if (found?.isFile() !== true) return false;
  if (encryption === undefined) return await verifyFile(path, expected, { signal });
  const contentKey = await readContentKey(contentKeyPath);
  if (contentKey === undefined) return false;
  const plaintextMac = Buffer.from(encryption.plaintextMac, 'hex');
  const keyCheck = Buffer.from(encryption.keyCheck, 'hex');
  const cipher = ContentCipher.open(contentKey, { plaintextMac, keyCheck });
  return cipher !== undefined && (await hasPlaintext(path, sizeBytes, cipher, signal));
}
