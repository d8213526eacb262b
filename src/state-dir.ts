import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where this user's programs keep what should outlive them (XDG Base Directory Specification 0.8). */
export function defaultStateDir(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const base = environment.XDG_STATE_HOME;
  // The specification asks to ignore relative paths.
  return join(base?.startsWith('/') ? base : join(homedir(), '.local', 'state'), 'layercast');
}
