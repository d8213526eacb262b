import { z } from 'zod';
import { shown } from '../config/faults.js';
import { says } from '../config/fields.js';
import { nearestName } from '../config/nearest-name.js';
import { listOf } from '../config/units.js';
import type { CheckedOptionsOf, OptionTable } from './option.js';
import { type OptionFault, OptionsError } from './options-error.js';
import { programShapeOf } from './program-values.js';
import { type CheckedSenderOptions, SENDER_OPTIONS } from './sender-options.js';

/**
 * Checks the options of `createSender`.
 *
 * @throws {OptionsError} `USAGE` with every fault.
 */
export function checkSenderOptions(options: unknown): CheckedSenderOptions {
  return valuesOf('createSender', checkOptions(SENDER_OPTIONS, options));
}

/** The faults of some options; if there are none, also their values with the defaults filled in. */
export interface CheckOf<T extends OptionTable> {
  readonly faults: readonly OptionFault[];
  /** A copy, so that later changes by the caller have no effect; undefined if there are faults. */
  readonly values: CheckedOptionsOf<T> | undefined;
}

export function checkOptions<T extends OptionTable>(table: T, options: unknown): CheckOf<T> {
  const names = Object.keys(table);
  const schema = z.strictObject(programShapeOf(table), says('not options', `an object with ${listOf(names)}`));
  const result = schema.safeParse(options);
  if (result.success) return { faults: [], values: withDefaults(table, result.data) };
  const faults = result.error.issues.flatMap((issue): OptionFault[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ option: key, text: unknown(key, table) }))
      : [{ option: issue.path.join('.'), text: issue.message }],
  );
  return { faults: unique(faults), values: undefined };
}

/** @throws {OptionsError} where there are faults. */
export function valuesOf<T extends OptionTable>(call: string, { faults, values }: CheckOf<T>): CheckedOptionsOf<T> {
  if (values === undefined) throw new OptionsError(call, faults);
  return values;
}

function withDefaults<T extends OptionTable>(table: T, given: Readonly<Record<string, unknown>>): CheckedOptionsOf<T> {
  const values = Object.entries(table).map(([name, option]) => [name, given[name] ?? option.default]);
  return Object.fromEntries(values) as CheckedOptionsOf<T>;
}

function unknown(name: string, table: OptionTable): string {
  const found = `unknown option, found ${shown(name)}`;
  const renamed = Object.entries(table).find(([, { formerName }]) => formerName === name);
  if (renamed !== undefined) {
    const [newName, { kind }] = renamed;
    return `${found}, allowed: ${newName}${kind.form === 'quantity' ? `, which counts ${kind.unit}` : ''}`;
  }
  const names = Object.keys(table);
  const nearest = nearestName(name, names);
  return `${found}, allowed: ${listOf(names)}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
}

/** Several rules of one value can find the same fault. */
function unique(faults: readonly OptionFault[]): readonly OptionFault[] {
  return [...new Map(faults.map((fault) => [`${fault.option}\0${fault.text}`, fault])).values()];
}
