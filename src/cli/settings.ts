import { LayercastError } from '../base/errors.js';
import { keyOf, longFlagOf, type Option, type OptionTable, type SettingsOf, variableOf } from '../options/option.js';
import type { ReceiverFile } from '../options/receiver-file.js';
import { typedFormOf } from '../options/typed-values.js';
import { RECEIVER_FILE } from './command-options.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What was typed, by the names that commander gives flags: `maxRate` for `--max-rate`. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/**
 * The settings of a command: each from its flag, else from its environment variable, else from the file, else its default. An
 * empty variable counts as not set.
 *
 * @throws {LayercastError} `USAGE` when the flag or variable that is used does not hold a value of the option's kind.
 */
export function settle<T extends OptionTable>(
  table: T,
  flags: Flags,
  environment: Environment,
  file: Partial<SettingsOf<T>> = {},
): SettingsOf<T> {
  const fromFile = file as Readonly<Record<string, unknown>>;
  const settings = Object.entries(table).flatMap(([name, option]) =>
    option.flag === undefined
      ? []
      : [[name, typed(option, option.flag, flags, environment) ?? fromFile[name] ?? option.default]],
  );
  return Object.fromEntries(settings) as SettingsOf<T>;
}

/**
 * As `settle`, with the receiver file that `--config` or LAYERCAST_CONFIG names. The modules that read YAML are loaded only when
 * there is a file to read.
 *
 * @throws {LayercastError} `USAGE`, or what `loadReceiverFile` throws.
 */
export async function settleWithFile<T extends OptionTable>(
  table: T,
  flags: Flags,
  environment: Environment,
): Promise<SettingsOf<T>> {
  const { config } = settle(RECEIVER_FILE, flags, environment);
  const file: ReceiverFile = config === undefined ? {} : await load(config);
  return settle(table, flags, environment, file as Partial<SettingsOf<T>>);
}

async function load(path: string): Promise<ReceiverFile> {
  const { loadReceiverFile } = await import('../options/receiver-file.js');
  return loadReceiverFile(path);
}

/** The value of an option's flag, else of its variable; undefined when neither is set. */
function typed(option: Option, flag: string, flags: Flags, environment: Environment): unknown {
  const given = flags[keyOf(flag)];
  // Commander gives true for a `--no-` flag that was not typed.
  if (typeof given === 'boolean') return given && flag.startsWith('--no-') ? undefined : given;
  const variable = variableOf(option);
  const fromVariable = variable === undefined ? undefined : environment[variable] || undefined;
  const [source, text] =
    given === undefined
      ? [variable, fromVariable]
      : [longFlagOf(flag), typeof given === 'string' ? given : given.join('\n')];
  if (text === undefined) return undefined;
  const { parse, allowed } = typedFormOf(option.kind);
  const value = parse(text);
  if (value !== undefined) return value;
  throw new LayercastError('USAGE', `${source}: not usable, found ${JSON.stringify(text)}`, {
    hint: `allowed: ${allowed}`,
  });
}
