/**
 * The canonical text of an address (RFC 5952): no leading zeros, small letters, and `::` for the longest run of two or more zero
 * fields, the first of equal ones.
 *
 * @param bytes 16, in network order
 */
export function textOfAddress(bytes: Uint8Array): string {
  const fields = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  let [start, length] = [0, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && fields[end] === '0') end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  if (length === 1) return fields.join(':');
  return `${fields.slice(0, start).join(':')}::${fields.slice(start + length).join(':')}`;
}

/**
 * The 16 bytes of an address, in network order.
 *
 * @param text an IPv6 address, in any notation, without a zone; other text has no meaning here
 */
export function bytesOfAddress(text: string): Uint8Array {
  const [before = '', after] = text.replace(/\d+\.\d+\.\d+\.\d+$/, asFields).split('::');
  const fieldsIn = (part: string) => (part === '' ? [] : part.split(':'));
  const [head, tail] = [fieldsIn(before), fieldsIn(after ?? '')];
  const fields = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return Buffer.from(fields.map((field) => field.padStart(4, '0')).join(''), 'hex');
}

/** The last four bytes as some notations have them, `1.2.3.4`, as two fields. */
function asFields(dotted: string): string {
  const hex = Buffer.from(dotted.split('.').map(Number)).toString('hex');
  return `${hex.slice(0, 4)}:${hex.slice(4)}`;
}
