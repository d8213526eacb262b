import { LayercastError } from '../base/errors.js';
import { systemError } from '../base/system-error.js';

/** The error of writing to the state directory. A server whose disk is full tries again by itself, so the hint is another than that of a command. */
export function roomError(error: unknown, doing: string, path: string): LayercastError {
  const known = systemError(error, doing, path);
  if (known.code !== 'DISK_FULL' || known === error) return known;
  return new LayercastError('DISK_FULL', known.message, {
    hint: (say) => `make room, or name another folder with ${say('stateDir')}`,
    cause: error,
  });
}
