/** Bytes of the longest length field (MQTT 5, section 1.5.5). */
const MAX_LENGTH_BYTES = 4;
/** The type and the upper bit of the QoS in the first byte of a packet (MQTT 5, section 3.3.1): messages of QoS 2, and of 3, which is none. */
const [TYPE_AND_QOS, MESSAGE_OF_QOS_2] = [0xf4, 0x34];

/**
 * Follows the packets of an MQTT stream and tells of one that may not be read: too long a packet, of which the client library would keep 256 MB, and a
 * message of QoS 2. Nobody here subscribes to such, and the library keeps each until the broker releases it; of MQTT 3.1.1 that can be 65,535.
 */
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

  /** Takes the next bytes of the stream. @returns what is wrong with a packet, as the end of a sentence; undefined if nothing is */
  look(bytes: Uint8Array): string | undefined {
    for (let at = 0; at < bytes.length; ) {
      if (this.#bodyBytes > 0) {
        const skipped = Math.min(this.#bodyBytes, bytes.length - at);
        this.#bodyBytes -= skipped;
        at += skipped;
      } else if (this.#lengthBytes === undefined) {
        if ((bytes[at++]! & TYPE_AND_QOS) === MESSAGE_OF_QOS_2) return 'a message of QoS 2, which was not asked for';
        [this.#lengthBytes, this.#length] = [0, 0];
      } else if (!this.#takeLength(bytes[at++]!)) return `a packet of more than ${this.#maxBytes} bytes`;
    }
    return undefined;
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
