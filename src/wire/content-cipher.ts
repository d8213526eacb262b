import { type Cipher, createCipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { LayercastError } from '../base/errors.js';
import type { Encryption } from './descriptor.js';

const KEY_BYTES = 32;
/** AES counts blocks of this length. */
const BLOCK_BYTES = 16;
/** Put before the plaintext's digest, so that its MAC is never that of anything else. */
const MAC_CONTEXT = 'layercast content 1\0';
const KEY_CONTEXT = 'layercast content key 1';
const CHECK_BYTES = 16;

/**
 * Encrypts and decrypts the content of one object (docs/wire-format.md): AES-256 in counter mode, with a key and a first counter that follow
 * from the content key and the plaintext. No pair of both is ever used for other bytes, and all servers make the same ciphertext of a file.
 */
export class ContentCipher {
  /** What the descriptor says of it. */
  readonly encryption: Encryption;
  readonly #contentKey: Uint8Array;
  readonly #key: Uint8Array;
  readonly #counter: Uint8Array;

  private constructor(contentKey: Uint8Array, plaintextMac: Uint8Array) {
    const length = KEY_BYTES + BLOCK_BYTES + CHECK_BYTES;
    const derived = new Uint8Array(hkdfSync('sha256', contentKey, plaintextMac, KEY_CONTEXT, length));
    this.#contentKey = contentKey;
    this.#key = derived.subarray(0, KEY_BYTES);
    this.#counter = derived.subarray(KEY_BYTES, KEY_BYTES + BLOCK_BYTES);
    this.encryption = { plaintextMac, keyCheck: derived.slice(KEY_BYTES + BLOCK_BYTES) };
  }

  /** The cipher for a file. @param plaintextSha256 of the whole file */
  static forContent(contentKey: Uint8Array, plaintextSha256: Uint8Array): ContentCipher {
    return new ContentCipher(contentKey, macOf(contentKey, plaintextSha256));
  }

  /** The cipher of an object that was encrypted with this content key; undefined if it was encrypted with another one. */
  static open(contentKey: Uint8Array, { plaintextMac, keyCheck }: Encryption): ContentCipher | undefined {
    const cipher = new ContentCipher(contentKey, plaintextMac);
    return timingSafeEqual(cipher.encryption.keyCheck, keyCheck) ? cipher : undefined;
  }

  /** Whether a file with this SHA-256 is what was encrypted. */
  isPlaintext(sha256: Uint8Array): boolean {
    return timingSafeEqual(macOf(this.#contentKey, sha256), this.encryption.plaintextMac);
  }

  /** Encrypts or decrypts, which is the same, what is given to `update` from the first byte of the content on. */
  start(): Pick<Cipher, 'update'> {
    return createCipheriv('aes-256-ctr', this.#key, this.#counter);
  }
}

/** A new content key as its file has it: 64 hexadecimal digits in one line. */
export function newContentKeyText(): string {
  return `${randomBytes(KEY_BYTES).toString('hex')}\n`;
}

/**
 * Reads a content key.
 *
 * @param name names the file or option in the error
 * @throws {LayercastError} `KEY_INVALID`
 */
export function contentKeyFrom(text: string, name: string): Uint8Array {
  const digits = text.trim();
  if (/^[0-9a-fA-F]{64}$/.test(digits)) return new Uint8Array(Buffer.from(digits, 'hex'));
  throw new LayercastError('KEY_INVALID', `${name} is not a content key: 64 hexadecimal digits in one line`, {
    hint: 'layercast keygen --content FILE makes one',
  });
}

function macOf(contentKey: Uint8Array, plaintextSha256: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', contentKey).update(MAC_CONTEXT).update(plaintextSha256).digest());
}
