import type { Fault } from '../config/faults.js';
import type { YamlSource } from '../config/yaml-source.js';
import { type ScenarioFile, scenarioSchema } from './scenario-schema.js';

/** What stands in for settings that have faults, so that the others can be judged in the same run. */
const STAND_INS: Readonly<Record<string, unknown>> = {
  duration: '1s',
  sampleInterval: '500ms',
  seed: 1,
  object: { size: '1MB', channels: [{ rate: '1Mbit' }] },
  receivers: {},
};

export interface UsablePart {
  readonly file: ScenarioFile;
  /** Whether a fault that was found in `file` is one of the file itself, and not of what was left out. */
  readonly isReal: (fault: Fault) => boolean;
}

/**
 * A file with faults, without the settings that have them; entries stay, as others may name them, and nothing more is said of
 * an entry that had a fault. Undefined when too little is left.
 */
export function usablePart(source: YamlSource): UsablePart | undefined {
  const { data } = source;
  const result = scenarioSchema.safeParse(data);
  if (result.success || !isMapping(data)) return undefined;
  const part = structuredClone(data);
  const faulty = new Set<string>();
  for (const { path, ...issue } of result.error.issues) {
    const [section, name, setting] = path.map(String);
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
    faulty.add(name === undefined || section === 'object' ? `${section}` : `${section}.${name}`);
    if (section === undefined) for (const key of unknown) delete part[key];
    else if (name === undefined || section === 'object') part[section] = STAND_INS[section] ?? null;
    else leaveOut(part[section], name, setting === undefined ? unknown : [setting]);
  }
  const { data: file } = scenarioSchema.safeParse(part);
  if (file === undefined) return undefined;
  const isReal = ({ path }: Fault) => {
    if (faulty.has('object') && path.includes('.channels')) return false;
    return ![...faulty].some((prefix) => path === prefix || path.startsWith(`${prefix}.`));
  };
  return { file, isReal };
}

/** Takes settings from an entry, or all of it when the fault is not in any. */
function leaveOut(section: unknown, name: string, settings: readonly string[]): void {
  if (!isMapping(section)) return;
  const entry = section[name];
  if (settings.length === 0 || !isMapping(entry)) section[name] = {};
  else for (const setting of settings) delete entry[setting];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
