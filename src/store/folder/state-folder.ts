import { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { makeFolder } from './make-folder.js';
import { probeFolder } from './probe-folder.js';

/**
 * Makes a folder of the state directory if it is missing, and checks that files can be kept in it.
 * @throws {LayercastError} `PERMISSION_DENIED`, `FILE_NOT_FOUND`, `DISK_FULL`, …; the hint says how to choose another directory
 */
export async function openStateFolder(stateDir: string, folder: string): Promise<void> {
  try {
    await makeFolder(folder, 0o700);
    await probeFolder(folder);
  } catch (error) {
    throw stateError(error, stateDir);
  }
}

/** An error in the state directory, with a hint that says how to choose another directory. */
export function stateError(error: unknown, stateDir: string): LayercastError {
  const { code, message } = systemError(error, 'use', stateDir);
  return new LayercastError(code, `the state directory ${JSON.stringify(stateDir)} cannot be used: ${message}`, {
    hint: (say) => {
      const wanted =
        code === 'DISK_FULL'
          ? 'Free some space, or name a directory on another disk'
          : 'Name a directory that this user can write';
      return `${wanted} with ${say('stateDir')}, or with the variable XDG_STATE_HOME`;
    },
    cause: error,
  });
}
