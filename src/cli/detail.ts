import { LayercastError } from '../base/errors.js';
import type { Flags } from './settings.js';

/** How much a command tells people: errors and the result only; as usual; or each decision with its reason as a line, too. */
export type Detail = 'quiet' | 'usual' | 'verbose';

/**
 * What was asked for. `--json` has everything, whatever this is.
 *
 * @throws {LayercastError} `USAGE` if both were
 */
export function detailOf({ quiet, verbose }: Flags): Detail {
  if (quiet === true && verbose === true) {
    throw new LayercastError('USAGE', 'found both --quiet and --verbose', { hint: 'Leave one of them out' });
  }
  if (quiet === true) return 'quiet';
  return verbose === true ? 'verbose' : 'usual';
}
