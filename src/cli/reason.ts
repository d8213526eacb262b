import { LayercastError } from '../base/errors.js';
import { typed } from './spelling.js';

/** Why something failed: a code for programs, a sentence and a hint for people, with options spelled as flags. */
export interface Reason {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export function reasonOf(error: unknown): Reason {
  if (error instanceof LayercastError) return { code: error.code, ...typed(error) };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), hint: undefined };
}
