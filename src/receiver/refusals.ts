import { LayercastError } from '../base/errors.js';

/** Why the system refused a join: `UNKNOWN_INTERFACE` while there is no such interface; undefined for no code. */
export function refusalCode(error: unknown): string | undefined {
  return error instanceof LayercastError ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
