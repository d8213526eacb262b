import { readYaml } from './yaml-source.js';

/** Kinds of settings files; a scenario is read in `src/scenario`. */
export type FileKind = 'fleet' | 'receiver' | 'scenario';

/** Which kind of file a text is, by settings that no other kind has. What is none of them counts as a fleet. */
export function configKindOf(text: string): FileKind {
  const { data } = readYaml(text);
  if (typeof data !== 'object' || data === null) return 'fleet';
  if (SCENARIO_SETTINGS.some((key) => key in data)) return 'scenario';
  const isFleet = ['fleet', 'objects', 'servers', 'records'].some((key) => key in data);
  return isFleet || !RECEIVER_SETTINGS.some((key) => key in data) ? 'fleet' : 'receiver';
}

const SCENARIO_SETTINGS = ['duration', 'receivers', 'links', 'traffic'];
const RECEIVER_SETTINGS = ['key', 'interface', 'state', 'mode', 'channels', 'maxRate', 'timeout', 'output', 'scope'];
