const PLACEHOLDER = /\{([A-Za-z]*)\}/g;

/** The names in braces in a text: `object` of `maps/{object}`. */
export function placeholdersIn(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!);
}

/** A text with values in the places of names in braces. A name without a value stays as it is written. */
export function filledIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(PLACEHOLDER, (written, name: string) => (Object.hasOwn(values, name) ? values[name]! : written));
}

/**
 * An object's name as a part of a path: bytes other than letters, digits, `-`, `_` and `.` are written as `%2F`, and a dot at the beginning as
 * `%2E`. No two names give the same text, and none leads to another folder or hides the file.
 */
export function pathPart(name: string): string {
  const safe = (byte: number) => /[A-Za-z0-9._-]/.test(String.fromCharCode(byte));
  const text = Array.from(Buffer.from(name), (byte) => (safe(byte) ? String.fromCharCode(byte) : hex(byte))).join('');
  return text.startsWith('.') ? `${hex(0x2e)}${text.slice(1)}` : text;
}

function hex(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
