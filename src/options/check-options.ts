import { listOf } from '../base/units.js';
import { shown } from '../config/faults.js';
import { suggestionFor } from '../config/nearest-name.js';
import { faultText } from '../config/rules.js';
import type { CheckedOptionsOf, OptionTable } from './option.js';
import { type OptionFault, OptionsError } from './options-error.js';
import { faultsOfValue, tidied } from './program-values.js';
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
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const rule = { wrong: 'not options', allowed: `an object with ${listOf(names)}` };
    return { faults: [{ option: '', text: faultText(rule, options) }], values: undefined };
  }
  const given = options as Readonly<Record<string, unknown>>;
  const faults = [
    ...Object.entries(table).flatMap(([name, { kind, isRequired }]) =>
      given[name] === undefined && !isRequired ? [] : faultsOfValue(kind, name, given[name]),
    ),
    ...Object.keys(given)
      .filter((name) => !Object.hasOwn(table, name))
      .map((name) => ({ option: name, text: unknown(name, table) })),
  ];
  return { faults, values: faults.length > 0 ? undefined : withDefaults(table, given) };
}

/** @throws {OptionsError} where there are faults. */
export function valuesOf<T extends OptionTable>(call: string, { faults, values }: CheckOf<T>): CheckedOptionsOf<T> {
  if (values === undefined) throw new OptionsError(call, faults);
  return values;
}

function withDefaults<T extends OptionTable>(table: T, given: Readonly<Record<string, unknown>>): CheckedOptionsOf<T> {
  const values = Object.entries(table).map(([name, { kind, ...option }]) => [
    name,
    tidied(kind, given[name]) ?? option.default,
  ]);
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
  return `${found}, allowed: ${listOf(names)}${suggestionFor(name, names)}`;
}
