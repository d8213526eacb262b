import type { Message } from '../../dist/coap/message.js';

/** Reads a message from the text of RFC 7252, section 3, alone: an oracle. */
export function slowMessage(bytes: Uint8Array): Message | undefined {
  const rest = [...bytes];
  if (rest.length < 4 || rest.length > 1280) return undefined;
  const [first, code, high, low] = rest.splice(0, 4) as [number, number, number, number];
  if (first >> 6 !== 1) return undefined;
  const type = (['CON', 'NON', 'ACK', 'RST'] as const)[(first >> 4) & 3]!;
  const tokenLength = first & 15;
  if (tokenLength > 8 || tokenLength > rest.length) return undefined;
  const id = high * 256 + low;
  if (code === 0 && (tokenLength > 0 || rest.length > 0)) return undefined;
  const token = Uint8Array.from(rest.splice(0, tokenLength));
  const options: { number: number; value: Uint8Array }[] = [];
  let number = 0;
  while (rest.length > 0 && rest[0] !== 0xff) {
    const byte = rest.shift()!;
    const delta = extended(byte >> 4, rest);
    if (delta === undefined) return undefined;
    const length = extended(byte & 15, rest);
    if (length === undefined || length > rest.length) return undefined;
    number += delta;
    if (number > 65_535) return undefined;
    options.push({ number, value: Uint8Array.from(rest.splice(0, length)) });
  }
  // "The presence of a marker followed by a zero-length payload MUST be processed as a message format error."
  if (rest.shift() === 0xff && rest.length === 0) return undefined;
  return { type, code, id, token, options, payload: Uint8Array.from(rest) };
}

function extended(nibble: number, rest: number[]): number | undefined {
  if (nibble < 13) return nibble;
  if (nibble === 15 || rest.length < nibble - 12) return undefined;
  const bytes = rest.splice(0, nibble - 12);
  return nibble === 13 ? bytes[0]! + 13 : bytes[0]! * 256 + bytes[1]! + 269;
}
