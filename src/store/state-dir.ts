import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { LayercastError } from '../base/errors.js';

/**
 * The directory in which layercast keeps this user's state between runs (XDG Base Directory Specification 0.8).
 * @throws {LayercastError} `FILE_NOT_FOUND` when neither XDG_STATE_HOME nor a home directory is known
 */
export function defaultStateDir(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = environment.XDG_STATE_HOME;
  // The specification asks to ignore relative paths.
  return join(base?.startsWith('/') ? base : join(homeDirectory(), '.local', 'state'), 'layercast');
}

/** The home directory: HOME, or the entry in the system's list of users. In a container, the list may lack the user. */
function homeDirectory(): string {
  for (const ask of [homedir, () => userInfo().homedir]) {
    try {
      const found = ask();
      if (found.startsWith('/')) return found;
    } catch {
      // The next source is tried, or the error below is thrown.
    }
  }
  throw new LayercastError('FILE_NOT_FOUND', 'this user has no home directory, so there is no state directory', {
    hint: (say) => `Name a state directory with ${say('stateDir')}, or with the variable XDG_STATE_HOME`,
  });
}
