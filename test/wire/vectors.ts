import { readFileSync } from 'node:fs';

/** One of the files in test/vectors/, which docs/wire-format.md shows to implementers; the caller knows its shape. */
export function vectorsOf<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T;
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
