import type { z } from 'zod';
import type { Fault } from './faults.js';

/** How to make a file without faults from one with faults, so that its other settings can be checked in the same run. */
export interface Repair {
  /** Values for settings that have faults and may not be missing. Other settings with faults are left out. */
  readonly standIns: Readonly<Record<string, unknown>>;
  /** Settings on which the checks of others depend. If one of them has a fault, nothing else is checked. */
  readonly decisive?: readonly string[];
  /** Settings that are no mapping of entries by name. A fault anywhere inside removes or replaces the whole setting. */
  readonly undivided?: readonly string[];
  /** `drop` removes an entry that has a fault. `trim` removes only its faulty settings, because other settings may name it. */
  readonly entries: 'drop' | 'trim';
}

export interface UsablePart<T> {
  readonly file: T;
  /** Whether a fault that was found in `file` is one of the original file, and no consequence of what was left out. */
  isReal(fault: Fault): boolean;
}

/** The part of a file that has no faults of its own. Undefined when too little is left to judge. */
export function usablePart<Schema extends z.ZodType>(
  schema: Schema,
  data: unknown,
  { standIns, decisive = [], undivided = [], entries }: Repair,
): UsablePart<z.output<Schema>> | undefined {
  const result = schema.safeParse(data);
  if (result.success || !isMapping(data)) return undefined;
  const part = structuredClone(data);
  const faulty = new Set<string>();
  for (const { path, ...issue } of result.error.issues) {
    const [section, name, setting] = path.map(String);
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
    if (section === undefined) {
      if (unknown.length === 0) return undefined;
      for (const key of unknown) delete part[key];
    } else if (name === undefined || undivided.includes(section)) {
      if (decisive.includes(section)) return undefined;
      faulty.add(section);
      if (section in standIns) part[section] = standIns[section];
      else delete part[section];
    } else {
      faulty.add(`${section}.${name}`);
      if (entries === 'drop') leaveOut(part[section], [name]);
      else trim(part[section], name, setting === undefined ? unknown : [setting]);
    }
  }
  const { data: file } = schema.safeParse(part);
  if (file === undefined) return undefined;
  return {
    file,
    isReal: ({ path }) => ![...faulty].some((prefix) => path === prefix || path.startsWith(`${prefix}.`)),
  };
}

/** Removes settings from an entry, or all of its settings if the fault is in none of them. */
function trim(section: unknown, name: string, settings: readonly string[]): void {
  if (!isMapping(section)) return;
  if (settings.length === 0 || !isMapping(section[name])) section[name] = {};
  else leaveOut(section[name], settings);
}

function leaveOut(mapping: unknown, keys: readonly string[]): void {
  if (isMapping(mapping)) for (const key of keys) delete mapping[key];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
