// Packages that are not in the bundle: the optional ones, and what these need.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('../..', import.meta.url));

/** Paths such as `node_modules/koffi`, of those that are installed here. Packages of types are left out: programs do not load them. */
export function optionalPackages() {
  const { packages } = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true && !path.includes('node_modules/@types/'))
    .map(([path]) => path)
    .filter((path) => existsSync(join(top, path)));
}
