import { LayercastError } from '../base/errors.js';
import { readYaml } from '../config/yaml-source.js';
import type { Fleet } from './fleet.js';
import { parseFleet } from './load-fleet.js';

/**
 * The text of a fleet file with another version of one object. Comments, order and spaces stay as they are, because only the number is
 * replaced.
 *
 * @param path names the file in faults
 * @param object an object of the file
 * @param version 1 to `MAX_VERSION`
 * @throws {LayercastError} `CONFIG_INVALID` if the text has a fault, or if other settings share the number (`*alias`)
 */
export function withVersion(text: string, path: string, object: string, version: number): string {
  const before = parseFleet(text, path);
  const range = readYaml(text).rangeOf(['objects', object, 'version']);
  if (range === undefined) throw shared(path, object);
  const after = `${text.slice(0, range[0])}${version}${text.slice(range[1])}`;
  // A number with an anchor changes wherever it is repeated, and so does one in a mapping that is repeated.
  if (JSON.stringify(parseFleet(after, path)) !== JSON.stringify(versioned(before, object, version)))
    throw shared(path, object);
  return after;
}

function versioned(fleet: Fleet, object: string, version: number): Fleet {
  return { ...fleet, objects: fleet.objects.map((entry) => (entry.name === object ? { ...entry, version } : entry)) };
}

function shared(path: string, object: string): LayercastError {
  return new LayercastError('CONFIG_INVALID', `${path}: other settings share the version of ${object}`, {
    hint: 'Write the version of this object as a number of its own',
  });
}
