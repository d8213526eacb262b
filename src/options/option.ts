import { formatQuantity } from '../base/units.js';
import type { Kind, ValueOf, WrittenValueOf } from './kinds.js';

/** One option, as a program, the command line, the environment and a file know it. Its name is its key in a table. */
export type Option = { [F in Kind['form']]: OptionOf<Extract<Kind, { readonly form: F }>> }[Kind['form']];

interface OptionOf<K extends Kind> {
  readonly kind: K;
  readonly isRequired?: true;
  /** Value if the option is not set. Without a default the value is then undefined, or the option's docstring gives a rule. */
  readonly default?: ValueOf<K>;
  /**
   * As help shows it: `-o, --output <file>`, `--max-rate <rate>`, `--no-wait`. The long name gives the YAML key (`maxRate`) and
   * the environment variable (`LAYERCAST_MAX_RATE`). An option that is true or false has no variable.
   */
  readonly flag?: string;
  /** The environment variable, where another command has a flag of the same name that means something else. */
  readonly variable?: string;
  /** Text for the command's help, without the default. */
  readonly help?: string;
  /** Text for the file's JSON Schema. An option without this text cannot be set in files. */
  readonly file?: string;
  /** The YAML key of an option that has no flag. */
  readonly fileKey?: string;
  /** How hints name an option that is an argument of a command: `FLEET`. */
  readonly argument?: string;
  /** The name that the option had before, in another unit. */
  readonly formerName?: string;
}

/** Options by their names, in the order of help and of messages. */
export type OptionTable = Readonly<Record<string, Option>>;

type RequiredOf<T extends OptionTable> = {
  [K in keyof T]: T[K] extends { readonly isRequired: true } ? K : never;
}[keyof T];

type FlaggedOf<T extends OptionTable> = {
  [K in keyof T]: T[K] extends { readonly flag: string } ? K : never;
}[keyof T];

type Open<T> = T extends { readonly default: unknown } ? never : undefined;

/** What a program may give to a call. The docstrings of the table show in editors. */
export type OptionsOf<T extends OptionTable> = {
  readonly [K in keyof T as K extends RequiredOf<T> ? K : never]: ValueOf<T[K]['kind']>;
} & {
  readonly [K in keyof T as K extends RequiredOf<T> ? never : K]?: ValueOf<T[K]['kind']> | undefined;
};

/** What a call works with: checked, with the defaults filled in. */
export type CheckedOptionsOf<T extends OptionTable> = {
  readonly [K in keyof T]: ValueOf<T[K]['kind']> | (T[K] extends { readonly isRequired: true } ? never : Open<T[K]>);
};

/** What flags, environment, file and defaults say together, by the names and in the units of the library. */
export type SettingsOf<T extends OptionTable> = {
  readonly [K in FlaggedOf<T>]: WrittenValueOf<T[K]['kind']> | Open<T[K]>;
};

/** `-o` of `-o, --output <file>`, else the long name. */
export function shortestFlagOf(flag: string): string {
  return /^-\w|--[a-z0-9-]+/.exec(flag)![0];
}

/** `--max-rate` of `--max-rate <rate>`. */
export function longFlagOf(flag: string): string {
  return /--[a-z0-9-]+/.exec(flag)![0];
}

/** What parsed flags and files call an option: `maxRate` for `--max-rate <rate>`, `wait` for `--no-wait`. */
export function keyOf(flag: string): string {
  const name = longFlagOf(flag).replace(/^--(no-)?/, '');
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The YAML key of an option that is for files. */
export function fileKeyOf({ flag, fileKey }: Option): string {
  return fileKey ?? keyOf(flag!);
}

/** `LAYERCAST_MAX_RATE` for `--max-rate <rate>`; undefined for an option that is true or false. */
export function variableOf({ flag, kind, variable }: Pick<Option, 'flag' | 'kind' | 'variable'>): string | undefined {
  if (flag === undefined || kind.form === 'truth') return undefined;
  if (variable !== undefined) return variable;
  return `LAYERCAST_${longFlagOf(flag).slice(2).replaceAll('-', '_').toUpperCase()}`;
}

/** The default as people write it; undefined without a default, and for true or false, because the flag shows that one. */
export function writtenDefaultOf({ kind, default: value }: Option): string | undefined {
  if (value === undefined || kind.form === 'truth') return undefined;
  if (kind.form !== 'quantity') return String(value);
  return formatQuantity(kind.bounds.quantity, (value as number) * kind.unitFactor);
}
