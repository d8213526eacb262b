import { resolve } from 'node:path';
import { LayercastError } from '../base/errors.js';
import type { Fault } from '../config/faults.js';
import { readText } from '../config/read-text.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import type { CapacityTrace } from '../simulate/index.js';
import { parseTrace } from './parse-trace.js';
import type { LinkEntry } from './scenario-schema.js';

/** Reads every trace that links name, once, by what the file calls it, and says which cannot be used. */
export async function readTraces(
  entries: Readonly<Record<string, LinkEntry>>,
  source: YamlSource,
  folder: string,
): Promise<{ readonly files: ReadonlyMap<string, CapacityTrace>; readonly faults: readonly Fault[] }> {
  const read = new Map<string, CapacityTrace | string>();
  const faults: Fault[] = [];
  for (const [name, { link, up }] of Object.entries(entries)) {
    const named: readonly (readonly [typeof link, Path])[] = [
      [link, ['links', name, 'link', 'file']],
      [up?.link, ['links', name, 'up', 'link', 'file']],
    ];
    for (const [model, path] of named) {
      if (model?.kind !== 'trace') continue;
      const trace = read.get(model.file) ?? (await readTrace(resolve(folder, model.file)));
      read.set(model.file, trace);
      if (typeof trace === 'string') faults.push(source.faultAt(path, `not a trace, ${trace}`));
    }
  }
  const files = new Map(
    [...read].flatMap(([file, trace]) => (typeof trace === 'string' ? [] : [[file, trace] as const])),
  );
  return { files, faults };
}

async function readTrace(path: string): Promise<CapacityTrace | string> {
  try {
    return parseTrace(await readText(path));
  } catch (error) {
    if (error instanceof LayercastError) return `found ${error.message}, allowed: a text file of at most 8 MiB`;
    throw error;
  }
}
