import { check } from '../config/check.js';
import { ConfigError } from '../config/faults.js';
import { readText } from '../config/read-text.js';
import { readYaml, type YamlSource } from '../config/yaml-source.js';
import { crossCheck } from './cross-checks.js';
import type { Fleet } from './fleet.js';
import { type FleetFile, fleetSchema } from './fleet-schema.js';
import { resolveFleet } from './resolve.js';

/**
 * Reads and checks a fleet file.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault; {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED` or `FILE_IO`.
 */
export async function loadFleet(path: string): Promise<Fleet> {
  return parseFleet(await readText(path), path);
}

/**
 * Checks the text of a fleet file; `path` names it in faults, and relative paths in it start from its folder.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault.
 */
export function parseFleet(text: string, path: string): Fleet {
  const source = readYaml(text);
  const { faults, value } = check(fleetSchema, source);
  const file = value ?? usablePart(source);
  if (file === undefined) throw new ConfigError(path, faults);
  const resolution = resolveFleet(file, source, path);
  const all = [...faults, ...resolution.faults, ...crossCheck(resolution.fleet, file, source, value !== undefined)];
  if (all.length > 0) throw new ConfigError(path, all);
  return resolution.fleet;
}

/**
 * A file with faults without the settings, objects and servers that have them, so that faults between the others can be
 * told in the same run. Undefined when too little is left, or what is left would seem wrong only for what was taken away.
 */
function usablePart(source: YamlSource): FleetFile | undefined {
  const { data } = source;
  const result = fleetSchema.safeParse(data);
  if (result.success || !isMapping(data)) return undefined;
  const part: Record<string, unknown> = { ...data };
  for (const { path, ...issue } of result.error.issues) {
    const [section, name] = path.map(String);
    if (section === undefined && issue.code === 'unrecognized_keys') for (const key of issue.keys) delete part[key];
    else if (section === undefined) return undefined;
    else if (name === undefined && DISTORTING.has(section)) return undefined;
    else if (name === undefined) delete part[section];
    else part[section] = without(part[section], name);
  }
  part.fleet ??= 'fleet';
  return fleetSchema.safeParse(part).data;
}

/** Settings without which others would be judged by a default that the file did not choose. */
const DISTORTING: ReadonlySet<string> = new Set(['ssm', 'port', 'servers']);

function without(section: unknown, name: string): unknown {
  return isMapping(section) ? Object.fromEntries(Object.entries(section).filter(([key]) => key !== name)) : section;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
