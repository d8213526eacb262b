import { DATAGRAM_HASH_WORDS, hashDatagram } from '../wire/datagram-hash.js';
import { DatagramType, typeAt } from '../wire/header.js';
import { RUN_DATAGRAMS, RunRecords } from '../wire/runs.js';
import type { ServerKey } from '../wire/server-keys.js';

/**
 * Signs what one channel of a server sends, run by run: hashes every datagram when it leaves, and completes each run record with the
 * hashes of the datagrams since the record before, that record included.
 */
export class RunSigner {
  readonly #key: ServerKey;
  readonly #records = new RunRecords();
  readonly #hashes = new Uint32Array(RUN_DATAGRAMS * DATAGRAM_HASH_WORDS);
  #count = 0;

  /** @param key the server's private key */
  constructor(key: ServerKey) {
    this.#key = key;
  }

  /**
   * Takes the next datagram, stamped and with its payload. A run record, which says in its header how many datagrams it covers, gets its
   * payload here.
   */
  take(bytes: Uint8Array, start: number, length: number): void {
    if (typeAt(bytes, start) === DatagramType.run) {
      this.#records.sign(bytes, start, this.#hashes, this.#count, this.#key);
      this.#count = 0;
    }
    hashDatagram(bytes, start, length, this.#hashes, this.#count * DATAGRAM_HASH_WORDS);
    this.#count++;
  }
}
