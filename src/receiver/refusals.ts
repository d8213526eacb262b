import { LayercastError } from '../base/errors.js';

/** The code of a refused join, `UNKNOWN_INTERFACE` if there is no such interface; undefined if the error has no code. */
export function refusalCode(error: unknown): string | undefined {
  return error instanceof LayercastError ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
