import { z } from 'zod';
import { shown } from '../config/faults.js';
import { says } from '../config/fields.js';
import { nearestName } from '../config/nearest-name.js';
import { listOf } from '../config/units.js';
import { type OptionFault, OptionsError } from './options-error.js';

/** The schemas of a call's options, by their names. */
export type OptionShape = Readonly<Record<string, z.ZodType>>;

/** Options that have another name now: the old name, and what is said of the new one. */
export type RenamedOptions = Readonly<Record<string, string>>;

/**
 * Every fault of some options, and their values if there is none: a copy, so that nothing changes afterwards.
 *
 * @returns `values` are undefined where there are faults.
 */
export function checkOptions<T extends OptionShape>(
  shape: T,
  renamed: RenamedOptions,
  options: unknown,
): { readonly faults: readonly OptionFault[]; readonly values: z.output<z.ZodObject<T>> | undefined } {
  const names = Object.keys(shape);
  const schema = z.strictObject(shape, says('not options', `an object with ${listOf(names)}`));
  const result = schema.safeParse(options);
  if (result.success) return { faults: [], values: result.data as z.output<z.ZodObject<T>> };
  const faults = result.error.issues.flatMap((issue): OptionFault[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ option: key, text: unknown(key, names, renamed) }))
      : [{ option: issue.path.join('.'), text: issue.message }],
  );
  return { faults: unique(faults), values: undefined };
}

/** @throws {OptionsError} where there are faults. */
export function valuesOf<V>(
  call: string,
  { faults, values }: { readonly faults: readonly OptionFault[]; readonly values: V | undefined },
): V {
  if (values === undefined) throw new OptionsError(call, faults);
  return values;
}

function unknown(name: string, names: readonly string[], renamed: RenamedOptions): string {
  const found = `unknown option, found ${shown(name)}`;
  if (Object.hasOwn(renamed, name)) return `${found}, allowed: ${renamed[name]}`;
  const nearest = nearestName(name, names);
  return `${found}, allowed: ${listOf(names)}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
}

/** Several rules of one value say the same thing; one is enough. */
function unique(faults: readonly OptionFault[]): readonly OptionFault[] {
  return [...new Map(faults.map((fault) => [`${fault.option}\0${fault.text}`, fault])).values()];
}
