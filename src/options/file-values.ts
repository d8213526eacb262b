import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { MAX_FILL_URLS, MAX_PREFIXES, MAX_SEEDS } from '../base/limits.js';
import { choice, line, path, pathOrStream, says, truth, whole, within } from '../config/fields.js';
import { choicesRule } from '../config/rules.js';
import { channelIndexes, deviceClasses, objectName, plainName } from '../fleet/fields.js';
import { isPrefix } from '../net/address-list.js';
import type { Form, KindOf } from './kinds.js';
import { fileKeyOf, type Option, type OptionTable, type SettingsOf, writtenDefaultOf } from './option.js';
import { command, outputTarget } from './output-file.js';
import type { OutputTarget } from './output-target.js';
import { isFillUrl, PREFIXES_ALLOWED } from './program-values.js';

/** The schemas of a table's options as YAML writes them, by their keys (`maxRate`): only of those that are for files. */
export function fileShapeOf(table: OptionTable): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(filed(table).map(([, key, option]) => [key, fieldOf(option)]));
}

/** As `fileShapeOf`, for a file that is all that there is: it has to have what the call requires. */
export function wholeShapeOf(table: OptionTable): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(
    filed(table).map(([, key, option]) => [key, option.isRequired ? required(fieldOf(option)) : fieldOf(option)]),
  );
}

/**
 * What a checked file says, by the names and in the units of the library. An option that the file leaves out is undefined.
 *
 * @param entries by their YAML keys, as `fileShapeOf` checked them
 * @param folder from which relative paths start
 */
export function settingsFrom<T extends OptionTable>(
  table: T,
  entries: Readonly<Record<string, unknown>>,
  folder: string,
): Partial<SettingsOf<T>> {
  const values = filed(table).map(([name, key, { kind }]) => [
    name,
    placed(kind.form, entries[key] ?? undefined, folder),
  ]);
  return Object.fromEntries(values) as Partial<SettingsOf<T>>;
}

/** The options that are for files: name, YAML key, option. */
function filed(table: OptionTable): readonly (readonly [string, string, Option])[] {
  return Object.entries(table).flatMap(([name, option]) =>
    option.file === undefined ? [] : [[name, fileKeyOf(option), option] as const],
  );
}

function required(field: z.ZodType): z.ZodType {
  const isOpen = field instanceof z.ZodOptional || field instanceof z.ZodNullable;
  return isOpen ? required(field.unwrap() as z.ZodType) : field;
}

function fieldOf(option: Option): z.ZodType {
  const written = writtenDefaultOf(option);
  const description = written === undefined ? `${option.file}` : `${option.file}. Default: ${written}`;
  return schemaOf(option.kind, description);
}

function schemaOf<F extends Form>(kind: KindOf<F>, description: string): z.ZodType {
  return (SCHEMAS[kind.form as F] as (kind: KindOf<F>, description: string) => z.ZodType)(kind, description);
}

/** A text may be empty in a file (`interface:`). The option then counts as not set. */
const SCHEMAS: { readonly [F in Form]: (kind: KindOf<F>, description: string) => z.ZodType } = {
  whole: ({ min, max }, description) => whole(min, max).optional().meta({ description }),
  choice: ({ words }, description) => choice(words).optional().meta({ description }),
  choices: ({ words }, description) =>
    z
      .array(choice(words), says(choicesRule(words).wrong, choicesRule(words).allowed))
      .optional()
      .meta({ description }),
  quantity: ({ bounds, unitFactor }, description) =>
    within(bounds)
      .transform((value) => value / unitFactor)
      .optional()
      .meta({ description }),
  truth: (_, description) => truth().optional().meta({ description }),
  text: ({ what }, description) => line(`not ${what}`).meta({ description }).nullish(),
  name: (_, description) => plainName.meta({ description }).nullish(),
  objectName: (_, description) => objectName.meta({ description }).nullish(),
  path: (_, description) => path(description).nullish(),
  urls: (_, description) => urls.optional().meta({ description }),
  prefixes: (_, description) => prefixes.optional().meta({ description }),
  paths: (_, description) => paths.optional().meta({ description }),
  key: (_, description) => path(description).nullish(),
  output: (_, description) => pathOrStream(description).nullish(),
  channels: (_, description) => channelIndexes.optional().meta({ description }),
  classes: (_, description) => deviceClasses.optional().meta({ description }),
  command: (_, description) => command.optional().meta({ description }),
  target: (_, description) => outputTarget.optional().meta({ description }),
  signal: notWritten,
  network: notWritten,
  clock: notWritten,
};

/** Makes a path absolute. An output keeps "-" and a slash at its end (see `OUTPUT`). */
function placed(form: Form, value: unknown, folder: string): unknown {
  if (form === 'target') return placedTarget(value as OutputTarget, folder);
  if (form === 'paths') return (value as readonly string[] | undefined)?.map((one) => resolve(folder, one));
  if (typeof value !== 'string') return value;
  if (form === 'path' || form === 'key') return resolve(folder, value);
  if (form === 'output' && value !== '-' && !isAbsolute(value)) return join(folder, value);
  return value;
}

/** Makes the path of an output absolute. A program of a pipe is looked up where it is run, as all programs are. */
function placedTarget(target: OutputTarget, folder: string): OutputTarget {
  if (typeof target === 'string') return isAbsolute(target) ? target : join(folder, target);
  if ('dir' in target) return { dir: resolve(folder, target.dir) };
  return 'device' in target ? { device: resolve(folder, target.device) } : target;
}

const FILL_SCHEMES = 'http:, https: or coap:';

const urls = z
  .array(
    z.string(says('not a URL', FILL_SCHEMES)).refine(isFillUrl, says('not a URL of the web or of CoAP', FILL_SCHEMES)),
    says('not a list of URLs', `1 to ${MAX_FILL_URLS} URLs`),
  )
  .min(1, says('no URLs', `1 to ${MAX_FILL_URLS} URLs`))
  .max(MAX_FILL_URLS, says('too many URLs', `1 to ${MAX_FILL_URLS} URLs`));

const prefix = z
  .string(says('not an address', PREFIXES_ALLOWED))
  .refine(isPrefix, says('neither an address nor a prefix', PREFIXES_ALLOWED));

/** A list of addresses and prefixes. */
export const prefixes = z
  .array(prefix, says('not a list of addresses', PREFIXES_ALLOWED))
  .min(1, says('no addresses', PREFIXES_ALLOWED))
  .max(MAX_PREFIXES, says('too many addresses', PREFIXES_ALLOWED));

const paths = z
  .array(path('Path'), says('not a list of paths', `1 to ${MAX_SEEDS} paths`))
  .min(1, says('no paths', `1 to ${MAX_SEEDS} paths`))
  .max(MAX_SEEDS, says('too many paths', `1 to ${MAX_SEEDS} paths`));

function notWritten({ form }: { readonly form: string }): never {
  throw new Error(`a ${form} cannot be written in a file`);
}
