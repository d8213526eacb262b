const BEGIN = '-----BEGIN LAYERCAST ROOT-----';
const END = '-----END LAYERCAST ROOT-----';

/** Whether a text is that of a root file, and not of a key. */
export function isRootText(text: string): boolean {
  return text.includes(BEGIN);
}

/** Bytes as a block of text, in Base64 between two lines, as PEM has it (RFC 7468). */
export function armoured(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [BEGIN, ...lines, END, ''].join('\n');
}

/** The bytes of all blocks in a text. */
export function blocksIn(text: string): readonly Uint8Array[] {
  const blocks = text.matchAll(new RegExp(`${BEGIN}([A-Za-z0-9+/=\\s]*)${END}`, 'g'));
  return [...blocks].map(([, base64]) => Buffer.from(base64!, 'base64'));
}
