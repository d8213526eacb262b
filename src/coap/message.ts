import { generate, parse } from 'coap-packet';
import { codeText } from './code.js';
import { type CoapOption, OPTION_NAMES } from './options.js';

export type MessageType = 'CON' | 'NON' | 'ACK' | 'RST';

/** A message of CoAP (RFC 7252, section 3). */
export interface Message {
  readonly type: MessageType;
  /** See `Code`. */
  readonly code: number;
  /** 16 bits; pairs acknowledgements with messages. */
  readonly id: number;
  /** 0 to 8 bytes; pairs responses with requests. */
  readonly token: Uint8Array;
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
}

/** No peer needs longer datagrams: 1024 bytes of payload with 128 of header and options are what RFC 7252, section 4.6, plans for. */
export const MAX_MESSAGE_BYTES = 1280;
const MAX_TOKEN_BYTES = 8;
const MAX_OPTION_NUMBER = 65_535;
const NOTHING = new Uint8Array();

/** Reads a datagram. @returns undefined if it is no message of CoAP; never throws */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  if (bytes.length < 4 || bytes.length > MAX_MESSAGE_BYTES) return undefined;
  const buffer = asBuffer(bytes);
  try {
    const parsed = parse(buffer);
    if (parsed.token.length > MAX_TOKEN_BYTES) return undefined;
    // The library takes options and payloads that are cut short. A message has one encoding only, so what is written again tells.
    if (!generate({ ...parsed, options: [...parsed.options] }, MAX_MESSAGE_BYTES).equals(buffer)) return undefined;
    const options = parsed.options.map(({ name, value }) => ({ number: OPTION_NAMES[name] ?? Number(name), value }));
    if (options.some(({ number }) => number > MAX_OPTION_NUMBER)) return undefined;
    const { messageId, token, payload } = parsed;
    return { type: TYPES[(bytes[0]! >> 4) & 3]!, code: bytes[1]!, id: messageId, token, options, payload };
  } catch {
    return undefined;
  }
}

/** @throws {Error} if it is longer than `MAX_MESSAGE_BYTES` */
export function encodeMessage(message: Message): Uint8Array {
  const { type, code, id, token, payload, options } = message;
  const written = {
    confirmable: type === 'CON',
    ack: type === 'ACK',
    reset: type === 'RST',
    code: codeText(code),
    messageId: id,
    token: asBuffer(token),
    payload: asBuffer(payload),
    options: options.map(({ number, value }) => ({ name: String(number), value: asBuffer(value) })),
  };
  return generate(written, MAX_MESSAGE_BYTES);
}

/** Writes another id into an encoded message. */
export function withId(bytes: Uint8Array, id: number): void {
  bytes[2] = id >> 8;
  bytes[3] = id & 255;
}

/** An empty message: an acknowledgement, or a reset. */
export function emptyMessage(type: 'ACK' | 'RST', id: number): Message {
  return { type, code: 0, id, token: NOTHING, options: [], payload: NOTHING };
}

/**
 * The reset with which a damaged message has to be rejected (RFC 7252, section 4.2): only a confirmable one of this version of CoAP, so
 * that resets answer no resets.
 */
export function rejectionOf(bytes: Uint8Array): Message | undefined {
  if (bytes.length < 4 || bytes[0]! >> 4 !== 4) return undefined;
  return emptyMessage('RST', bytes[2]! * 256 + bytes[3]!);
}

const TYPES: readonly MessageType[] = ['CON', 'NON', 'ACK', 'RST'];

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
