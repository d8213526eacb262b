import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { check } from './check.js';
import { ConfigError, type Fault, isWithheld, withheld } from './faults.js';
import { type Repair, usablePart } from './usable-part.js';
import { readYaml, type YamlSource } from './yaml-source.js';

/** A settings file whose schema was checked. `conclude` ends its checks. */
export interface Settings<T> {
  /** What the file says, as its schema makes it; without the settings that have faults. */
  readonly file: T;
  /** Whether nothing was left out of `file`. */
  readonly isWhole: boolean;
  readonly source: YamlSource;
  /** Where relative paths start: the folder of the file. */
  readonly folder: string;
  /**
   * Returns what the caller made of the file, unless the file has a fault.
   *
   * @param faults those that the caller found: faults that only the file as a whole can have
   * @throws {ConfigError} `CONFIG_INVALID` with every fault of the file, if there is one
   */
  conclude<V>(made: V | undefined, faults: readonly Fault[]): V;
}

/**
 * Reads the text of a settings file. A new kind of file needs a schema made of the kinds in fields.ts; a function that calls
 * this one, turns `file` into what the program works with, and calls `conclude`; for `layercast config` its kind in
 * src/cli/file-kind.ts, its check in src/cli/actions/run-validate.ts and its schema in src/cli/json/json-schema.ts.
 *
 * @param path names the file in faults
 * @param repair how to check the rest of a file with faults; without it only the schema's faults are reported
 * @throws {ConfigError} `CONFIG_INVALID` with every fault, when too little of the file is usable
 */
export function readSettings<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  path: string,
  repair?: Repair,
): Settings<z.output<Schema>> {
  const source = withoutText(readYaml(text), text);
  const { faults, value } = check(schema, source);
  if (isWithheld(source.data)) throw new ConfigError(path, faults, '');
  const part = value === undefined && repair !== undefined ? usablePart(schema, source.data, repair) : undefined;
  const file = value ?? part?.file;
  if (file === undefined) throw new ConfigError(path, faults, text);
  return {
    file,
    isWhole: value !== undefined,
    source,
    folder: dirname(resolve(path)),
    conclude(made, others) {
      const all = [...faults, ...others.filter((fault) => part?.isReal(fault) ?? true)];
      if (all.length > 0 || made === undefined) throw new ConfigError(path, all, text);
      return made;
    },
  };
}

/**
 * A file that is one text and no settings may be a key, a password or a list of tokens, given by mistake, of which nothing may get into terminals and
 * logs: something that only says what it was takes the place of the text before any fault is made.
 */
function withoutText(source: YamlSource, text: string): YamlSource {
  if (!['string', 'number', 'bigint'].includes(typeof source.data)) return source;
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1]?.toLowerCase();
  return { ...source, data: withheld(label === undefined ? 'a text' : `a ${label} in PEM form`) };
}
