import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { LayercastError } from '../base/errors.js';
import { systemError } from '../base/system-error.js';
import { readKeyText } from '../config/read-text.js';
import type { Geometry } from '../object/geometry.js';
import { removeQuietly, syncDirectoryOf, writeFully } from '../store/durable.js';
import { digestOfFile } from '../store/hash-file.js';
import { takeAttributes } from '../store/part/file-attributes.js';
import type { PartFile } from '../store/part/part-file.js';
import { ContentCipher, contentKeyFrom } from '../wire/content-cipher.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { Finish } from './object-file.js';

/** Most bytes that are decrypted at a time. */
const PIECE_BYTES = 1024 * 1024;

export interface ContentKeyOption {
  /** Decrypts what was encrypted with it; undefined: versions that are encrypted are refused. */
  readonly contentKey?: Uint8Array | undefined;
}

/**
 * Reads the file of a content key; undefined without a file.
 *
 * @throws {LayercastError} `KEY_INVALID`, `FILE_NOT_FOUND`, `PERMISSION_DENIED` or `FILE_IO`
 */
export async function readContentKey(path: string | undefined): Promise<Uint8Array | undefined> {
  return path === undefined ? undefined : contentKeyFrom(await readKeyText(path), path);
}

/** How the content of a version is decrypted; undefined for content that is not encrypted. */
export type Decryption = ContentCipher | undefined;

/**
 * Finds out whether this host can read a version, before anything of it is received.
 * @returns the error `ENCRYPTED` if its content is encrypted and this host has not its content key
 */
export function decryptionOf(
  { fleet, object, version, encryption }: Descriptor,
  contentKey: Uint8Array | undefined,
): { readonly decryption: Decryption } | { readonly refusal: LayercastError } {
  if (encryption === undefined) return { decryption: undefined };
  const decryption = contentKey === undefined ? undefined : ContentCipher.open(contentKey, encryption);
  if (decryption !== undefined) return { decryption };
  const why = contentKey === undefined ? 'this host has no content key' : 'with another content key than this host has';
  const message = `version ${version} of ${fleet}/${object} is encrypted${contentKey === undefined ? ', and' : ''} ${why}`;
  const refusal = new LayercastError('ENCRYPTED', message, {
    hint: (say) => `Name the file of its content key with ${say('contentKey')}`,
  });
  return { refusal };
}

/** Why a kind of output that does not decrypt takes no version that is encrypted. */
export function notDecrypted({ fleet, object }: Descriptor): LayercastError {
  const message = `${fleet}/${object} is encrypted, and only files and commands get what is decrypted`;
  return new LayercastError('ENCRYPTED', message, { hint: (say) => `Name a file with ${say('output')}` });
}

/**
 * Whether the file at `path` is the plaintext of a version.
 * @throws {LayercastError} as `digestOfFile`
 */
export async function hasPlaintext(
  path: string,
  sizeBytes: number,
  decryption: ContentCipher,
  signal: AbortSignal,
): Promise<boolean> {
  const digest = await digestOfFile(path, sizeBytes, { signal });
  return digest !== undefined && decryption.isPlaintext(digest);
}

/**
 * Decrypts the whole part file, block by block, into a second file, and gives that the name `target` in one step. The part file keeps the
 * ciphertext until then, so a process that is killed meanwhile only has to decrypt again.
 */
export function decryptAs(target: string, decryption: ContentCipher): Finish {
  return async (part, confirm) => {
    const path = decryptedPathOf(target);
    await part.flush();
    try {
      // What an earlier run left is not written to: it may have another name by now, or lead to another file.
      await rm(path, { force: true });
      const handle = await open(path, 'wx', part.mode);
      try {
        const digest = await decryptInto(handle, part, decryption);
        // Whoever signed the record has lied, or this program or host has a fault: it is not the file that was published.
        if (!decryption.isPlaintext(digest)) {
          throw new LayercastError(
            'RECORD_INVALID',
            `what was decrypted for ${JSON.stringify(target)} is not what its record names`,
          );
        }
        await takeAttributes(handle, target);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await confirm();
      await rename(path, target);
    } catch (error) {
      await removeQuietly(path);
      throw systemError(error, 'decrypt to', target);
    }
    await syncDirectoryOf(target);
    // If this fails, the next run finds the file complete and removes what is left.
    await part.discard().catch(() => undefined);
  };
}

/** Where the plaintext is until it is whole. */
export function decryptedPathOf(target: string): string {
  return `${target}.part.plain`;
}

async function decryptInto(handle: FileHandle, part: PartFile, decryption: ContentCipher): Promise<Uint8Array> {
  const { symbolBytes, sizeBytes }: Geometry = part.geometry;
  const pieceSymbols = Math.max(1, Math.floor(PIECE_BYTES / symbolBytes));
  const piece = Buffer.allocUnsafe(pieceSymbols * symbolBytes);
  const stream = decryption.start();
  const hash = createHash('sha256');
  for (let place = 0, offset = 0; offset < sizeBytes; place += pieceSymbols, offset += piece.length) {
    const encrypted = piece.subarray(0, Math.min(piece.length, sizeBytes - offset));
    await part.read(place, encrypted);
    const plain = stream.update(encrypted);
    hash.update(plain);
    await writeFully(handle, plain, offset);
  }
  return hash.digest();
}
