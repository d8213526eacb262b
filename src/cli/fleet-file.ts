import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LayercastError } from '../base/errors.js';
import { namedFile } from './named-file.js';

/** Help of an argument that names a fleet file. */
export const PLACES_HELP = 'by default ./fleet.yaml, else layercast/fleet.yaml in XDG_CONFIG_HOME or /etc';
export const FLEET_FILE_HELP = `fleet file; ${PLACES_HELP}`;

/** What a fleet file is called in the folders where one is looked for. */
const NAME = 'fleet.yaml';

/**
 * The fleet file that a command is about: the one that was named as an argument, else by `--config` or LAYERCAST_CONFIG, else the first that
 * there is of `./fleet.yaml`, `$XDG_CONFIG_HOME/layercast/fleet.yaml` (by default in `~/.config`) and `/etc/layercast/fleet.yaml`.
 *
 * @throws {LayercastError} `USAGE` if two are named, or none is there
 */
export function fleetFile(
  argument: string | undefined,
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const named = namedFile(argument, flag) ?? (environment.LAYERCAST_CONFIG || undefined);
  if (named !== undefined) return named;
  const places = placesIn(environment);
  const found = places.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new LayercastError('USAGE', `no fleet file was named, and there is none of ${places.join(', ')}`, {
    hint: 'Name it: layercast COMMAND fleet.yaml',
  });
}

function placesIn(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const base = environment.XDG_CONFIG_HOME;
  // The XDG specification asks to ignore relative paths.
  const user = base?.startsWith('/') ? base : homeConfig();
  return [`./${NAME}`, ...(user === undefined ? [] : [join(user, 'layercast', NAME)]), join('/etc/layercast', NAME)];
}

function homeConfig(): string | undefined {
  try {
    return join(homedir(), '.config');
  } catch {
    // This user has no home directory.
    return undefined;
  }
}
