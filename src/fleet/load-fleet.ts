import { readSettings } from '../config/read-settings.js';
import { readText } from '../config/read-text.js';
import type { Repair } from '../config/usable-part.js';
import { crossCheck } from './cross-checks.js';
import type { Fleet } from './fleet.js';
import { fleetSchema } from './fleet-schema.js';
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
  const { file, isWhole, source, folder, conclude } = readSettings(fleetSchema, text, path, REPAIR);
  const { fleet, faults } = resolveFleet(file, source, folder);
  return conclude(fleet, [...faults, ...crossCheck(fleet, file, source, isWhole)]);
}

/** Objects and servers with faults are left out: what is said of the others does not depend on them. */
const REPAIR: Repair = {
  standIns: { fleet: 'fleet' },
  // Without these, others would be judged by a default that the file did not choose.
  decisive: ['ssm', 'port', 'servers'],
  entries: 'drop',
};
