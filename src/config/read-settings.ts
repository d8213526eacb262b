import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { check } from './check.js';
import { ConfigError, type Fault } from './faults.js';
import { type Repair, usablePart } from './usable-part.js';
import { readYaml, type YamlSource } from './yaml-source.js';

/** A settings file on its way from text to what a program works with. */
export interface Settings<T> {
  /** What the file says, as its schema makes it; without the settings that have faults. */
  readonly file: T;
  /** Whether nothing was left out of `file`. */
  readonly isWhole: boolean;
  readonly source: YamlSource;
  /** Where relative paths start: the folder of the file. */
  readonly folder: string;
  /**
   * Returns what was made of the file.
   *
   * @param faults found while making it: what only the file as a whole can be wrong about
   * @throws {ConfigError} `CONFIG_INVALID` with every fault of the file, if there is one
   */
  conclude<V>(made: V | undefined, faults: readonly Fault[]): V;
}

/**
 * Reads the text of a settings file. A new kind of file is made so: a schema of the blocks in fields.ts; a function that calls this
 * one, turns `file` into what the program works with, and concludes; an entry in src/cli/file-kinds.ts, for `layercast config`.
 *
 * @param path names the file in faults
 * @param repair how to judge the rest of a file with faults; without it only the schema's faults are told
 * @throws {ConfigError} `CONFIG_INVALID` with every fault, when too little of the file is usable
 */
export function readSettings<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  path: string,
  repair?: Repair,
): Settings<z.output<Schema>> {
  const source = readYaml(text);
  const { faults, value } = check(schema, source);
  const part = value === undefined && repair !== undefined ? usablePart(schema, source.data, repair) : undefined;
  const file = value ?? part?.file;
  if (file === undefined) throw new ConfigError(path, faults);
  return {
    file,
    isWhole: value !== undefined,
    source,
    folder: dirname(resolve(path)),
    conclude(made, others) {
      const all = [...faults, ...others.filter((fault) => part?.isReal(fault) ?? true)];
      if (all.length > 0 || made === undefined) throw new ConfigError(path, all);
      return made;
    },
  };
}
