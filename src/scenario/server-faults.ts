import { LayercastError } from '../base/errors.js';
import type { Fault } from '../config/faults.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import { parseUnicast } from '../fleet/resolve.js';
import { queueFault } from './resolve-links.js';
import { channelFaults, deathFaults, notAfter } from './resolve-receivers.js';
import type { ServerEntry } from './scenario-schema.js';

/** What a server of a scenario cannot be. @param channelCount of the object; 0 if it is not known */
export function serverFaults(
  entry: ServerEntry,
  channelCount: number,
  path: Path,
  source: YamlSource,
): readonly Fault[] {
  const { address, channels = [], deaths = [] } = entry;
  return [
    ...queueFault(entry, path, source),
    ...deathFaults(deaths, path, source),
    ...stopFaults(entry, path, source),
    ...channelFaults(channels, channelCount, path, source),
    ...(address === undefined ? [] : addressFaults(address, path, source)),
  ];
}

/** What ends before it begins: a server, or a flow. */
export function stopFaults(
  { start = 0, stop }: { readonly start?: number | undefined; readonly stop?: number | undefined },
  path: Path,
  source: YamlSource,
): readonly Fault[] {
  if (stop === undefined || stop > start) return [];
  return [source.faultAt([...path, 'stop'], notAfter('start', 'stop'))];
}

function addressFaults(address: string, path: Path, source: YamlSource): readonly Fault[] {
  try {
    parseUnicast(address);
    return [];
  } catch (error) {
    if (!(error instanceof LayercastError)) throw error;
    return [source.faultAt([...path, 'address'], `not usable, ${error.message}, allowed: ${error.hint ?? ''}`)];
  }
}
