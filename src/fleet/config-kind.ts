import type { ConfigKind } from './json-schema.js';
import { readYaml } from './yaml-source.js';

/** Which kind of file a text is, by its settings: fleets have some that no receiver has. What is neither counts as a fleet. */
export function configKindOf(text: string): ConfigKind {
  const { data } = readYaml(text);
  if (typeof data !== 'object' || data === null) return 'fleet';
  const isFleet = ['fleet', 'objects', 'servers', 'records'].some((key) => key in data);
  return isFleet || !RECEIVER_SETTINGS.some((key) => key in data) ? 'fleet' : 'receiver';
}

const RECEIVER_SETTINGS = ['key', 'interface', 'state', 'mode', 'channels', 'maxRate', 'timeout', 'output', 'scope'];
