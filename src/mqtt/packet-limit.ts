/** Bytes of the longest length field (MQTT 5, section 1.5.5). */
const MAX_LENGTH_BYTES = 4;

/** Follows the packets of an MQTT stream and tells of one that is too long before it is read: the client library would keep 256 MB of it. */
export class PacketLimit {
  readonly #maxBytes: number;
  /** Bytes of the present packet that are still to come. */
  #bodyBytes = 0;
  /** Bytes of the present length field that have come; undefined: the first byte of a packet is next. */
  #lengthBytes: number | undefined;
  #length = 0;

  /** @param maxBytes of a packet without its head of at most 5 bytes */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes of the stream; false when a packet is too long, or its length is none. */
  look(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; ) {
      if (this.#bodyBytes > 0) {
        const skipped = Math.min(this.#bodyBytes, bytes.length - at);
        this.#bodyBytes -= skipped;
        at += skipped;
      } else if (this.#lengthBytes === undefined) {
        [this.#lengthBytes, this.#length] = [0, 0];
        at++;
      } else if (!this.#takeLength(bytes[at++]!)) return false;
    }
    return true;
  }

  #takeLength(byte: number): boolean {
    const index = this.#lengthBytes!;
    if (index >= MAX_LENGTH_BYTES) return false;
    this.#length += (byte & 0x7f) * 2 ** (7 * index);
    this.#lengthBytes = index + 1;
    if (byte >= 0x80) return index + 1 < MAX_LENGTH_BYTES;
    this.#lengthBytes = undefined;
    this.#bodyBytes = this.#length;
    return this.#length <= this.#maxBytes;
  }
}
