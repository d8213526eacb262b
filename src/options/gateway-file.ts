import { z } from 'zod';
import { placeholdersIn } from '../agent/placeholders.js';
import { MAX_SUBSCRIPTIONS } from '../base/limits.js';
import type { Fault } from '../config/faults.js';
import { mappingOf, says } from '../config/fields.js';
import { readSettings } from '../config/read-settings.js';
import { readText } from '../config/read-text.js';
import { objectName } from '../fleet/fields.js';
import { settingsFrom, wholeShapeOf } from './file-values.js';
import { GATEWAY_OPTIONS, type GatewaySettings } from './gateway-options.js';

const objectsAllowed = `1 to ${MAX_SUBSCRIPTIONS} names or patterns, such as [firmware, "maps/*"]`;

export const gatewaySchema = mappingOf('a gateway file', {
  ...wholeShapeOf(GATEWAY_OPTIONS),
  objects: z
    .array(objectName, says('not a list of objects', objectsAllowed))
    .min(1, says('no objects', objectsAllowed))
    .max(MAX_SUBSCRIPTIONS, says('too many objects', objectsAllowed))
    .meta({
      description:
        'Objects to receive and serve: names, or patterns, in which * stands for any characters but /, and ** for any characters',
    }),
}).meta({
  title: 'layercast gateway',
  description: 'What layercast gateway receives by multicast, and where it serves it',
});

/** A gateway file after all checks, with absolute paths. A setting that the file lacks is undefined; defaults come later. */
export interface GatewayFile extends Partial<GatewaySettings> {
  readonly fleet: string;
  /** Path of the key file. */
  readonly key: string;
  readonly objects: readonly string[];
  readonly fill?: readonly string[] | undefined;
}

/**
 * Reads and checks a gateway file.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault; {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED` or `FILE_IO`.
 */
export async function loadGatewayFile(path: string): Promise<GatewayFile> {
  return parseGatewayFile(await readText(path), path);
}

/**
 * Checks the text of a gateway file; `path` names it in faults, and relative paths in it start from its folder.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault.
 */
export function parseGatewayFile(text: string, path: string): GatewayFile {
  const { file, source, folder, conclude } = readSettings(gatewaySchema, text, path);
  const objects = [...new Set(file.objects)];
  const made = { ...settingsFrom(GATEWAY_OPTIONS, file, folder), objects } as unknown as GatewayFile;
  const strangers = (made.fill ?? []).flatMap((url, index) => placeholdersIn(url).map((name) => ({ name, index })));
  const faults: readonly Fault[] = strangers
    .filter(({ name }) => name !== 'object')
    .map(({ name, index }) =>
      source.faultAt(['fill', index], `nothing to fill in, found "{${name}}", allowed: {object}`),
    );
  return conclude(made, faults);
}
