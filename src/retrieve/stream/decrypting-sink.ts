import { createHash } from 'node:crypto';
import { LayercastError } from '../../base/errors.js';
import type { ContentCipher } from '../../wire/content-cipher.js';
import type { ByteSink } from './byte-sink.js';

/** Decrypts bytes on their way to a sink. */
export class DecryptingSink implements ByteSink {
  readonly #sink: ByteSink;
  readonly #decryption: ContentCipher;
  readonly #stream: ReturnType<ContentCipher['start']>;
  readonly #hash = createHash('sha256');

  constructor(sink: ByteSink, decryption: ContentCipher) {
    this.#sink = sink;
    this.#decryption = decryption;
    this.#stream = decryption.start();
  }

  async write(bytes: Uint8Array): Promise<void> {
    const plain = this.#stream.update(bytes);
    this.#hash.update(plain);
    await this.#sink.write(plain);
  }

  /** @throws {LayercastError} `RECORD_INVALID` if it was not the content that the record names; as `ByteSink.end` */
  async end(): Promise<void> {
    if (this.#decryption.isPlaintext(this.#hash.digest())) return await this.#sink.end();
    this.#sink.abandon();
    throw new LayercastError('RECORD_INVALID', 'what was decrypted is not what the record names');
  }

  abandon(): void {
    this.#sink.abandon();
  }
}
