import { resolve } from 'node:path';
import { LayercastError } from '../base/errors.js';
import {
  type Bounds,
  CACHE_SIZE,
  formOf,
  JOINED_RATE,
  listOf,
  parseWithin,
  rangeOf,
  WAITING_TIME,
} from '../config/units.js';
import type { ReceiverConfig, ReceiverMode } from '../options/receiver-config.js';
import { DEFAULT_PORT, GROUP_HASHES, type GroupHash, SCOPES, type Scope } from '../wire/group-options.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** How a setting is written as a flag and in the environment. */
export interface Setting<T> {
  /** As typed: `--max-rate`. The variable of the environment is its name in capitals: `LAYERCAST_MAX_RATE`. */
  readonly flag: string;
  /** Undefined for a text that is not such a value. */
  readonly parse: (text: string) => T | undefined;
  readonly allowed: string;
}

/**
 * One setting from the strongest place that has it: flag, environment, file. An empty variable counts as not set.
 *
 * @throws {LayercastError} `USAGE` when the flag or variable that decides does not hold such a value.
 */
export function settle<T>(
  setting: Setting<T>,
  flag: string | undefined,
  environment: Environment,
  file?: T | undefined,
): T | undefined {
  const variable = variableOf(setting);
  const [name, text] = flag === undefined ? [variable, environment[variable] || undefined] : [setting.flag, flag];
  if (text === undefined) return file;
  const value = setting.parse(text);
  if (value !== undefined) return value;
  throw new LayercastError('USAGE', `${name}: not usable, found ${JSON.stringify(text)}`, {
    hint: `allowed: ${setting.allowed}`,
  });
}

export function variableOf({ flag }: Setting<unknown>): string {
  return `LAYERCAST_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`;
}

/** Settings that commands share, or that a receiver file has too. */
export const SETTINGS = {
  key: pathSetting('--key'),
  interface: textSetting('--interface', 'the name of a network interface, such as eth0'),
  host: textSetting('--host', 'the name of a server of the fleet'),
  scope: choiceSetting<Scope>('--scope', SCOPES),
  port: wholeSetting('--port', 1, 65_535),
  hash: choiceSetting<GroupHash>('--hash', GROUP_HASHES),
  state: pathSetting('--state'),
  mode: choiceSetting<ReceiverMode>('--mode', ['auto', 'best', 'several']),
  channels: channelsSetting('--channels'),
  maxRate: quantitySetting('--max-rate', JOINED_RATE),
  timeout: timeSetting('--timeout'),
  patience: timeSetting('--patience'),
  wait: timeSetting('--wait'),
  cache: quantitySetting('--cache', CACHE_SIZE),
  threads: wholeSetting('--threads', 1, 64),
  seed: wholeSetting('--seed', 0, 999_999_999),
  width: wholeSetting('--width', 400, 4000),
  // As typed: "-", and a slash at the end, mean something to whoever opens it.
  output: textSetting('--output', 'a path'),
  config: pathSetting('--config'),
} as const satisfies Record<string, Setting<unknown>>;

/** What was typed for `fetch` and `list`, as text; names as in a receiver file. */
export type ReceiverFlags = Readonly<
  Partial<
    Record<
      Exclude<keyof typeof SETTINGS, 'host' | 'patience' | 'wait' | 'cache' | 'threads' | 'seed' | 'width'>,
      string | undefined
    >
  >
>;

/** Settings of a receiver with defaults in place; paths are absolute, or start from the working directory. */
export interface ReceiverSettings extends ReceiverConfig {
  readonly scope: Scope;
  readonly port: number;
  readonly hash: GroupHash;
  readonly mode: ReceiverMode;
}

/**
 * Flags over environment over the receiver file (named by `--config` or LAYERCAST_CONFIG) over defaults. The modules that
 * read YAML are loaded only when there is a file to read.
 *
 * @throws {LayercastError} `USAGE`, or what `loadReceiverConfig` throws.
 */
export async function receiverSettings(flags: ReceiverFlags, environment: Environment): Promise<ReceiverSettings> {
  const configPath = settle(SETTINGS.config, flags.config, environment);
  const file = configPath === undefined ? undefined : await load(configPath);
  const settled = <T>(name: keyof ReceiverFlags, setting: Setting<T>, fromFile: T | undefined) =>
    settle(setting, flags[name], environment, fromFile);
  return {
    keyPath: settled('key', SETTINGS.key, file?.keyPath),
    interface: settled('interface', SETTINGS.interface, file?.interface),
    scope: settled('scope', SETTINGS.scope, file?.scope) ?? 'site',
    port: settled('port', SETTINGS.port, file?.port) ?? DEFAULT_PORT,
    hash: settled('hash', SETTINGS.hash, file?.hash) ?? 'sha3-512',
    statePath: settled('state', SETTINGS.state, file?.statePath),
    mode: settled('mode', SETTINGS.mode, file?.mode) ?? 'auto',
    channels: settled('channels', SETTINGS.channels, file?.channels),
    maxRateBitsPerSecond: settled('maxRate', SETTINGS.maxRate, file?.maxRateBitsPerSecond),
    timeoutUs: settled('timeout', SETTINGS.timeout, file?.timeoutUs),
    outputPath: settled('output', SETTINGS.output, file?.outputPath),
  };
}

async function load(path: string): Promise<ReceiverConfig> {
  const { loadReceiverConfig } = await import('../options/receiver-config.js');
  return loadReceiverConfig(path);
}

function textSetting(flag: string, allowed: string): Setting<string> {
  return { flag, parse: (text) => text || undefined, allowed };
}

/** Typed paths start from the working directory; the shell's user means it so. */
function pathSetting(flag: string): Setting<string> {
  return { flag, parse: (text) => (text === '' ? undefined : resolve(text)), allowed: 'a path' };
}

function quantitySetting(flag: string, bounds: Bounds): Setting<number> {
  const allowed = `${formOf(bounds.quantity)}, from ${rangeOf(bounds)}`;
  return { flag, parse: (text) => parseWithin(bounds, text), allowed };
}

/** Seconds where no unit is said; in µs. */
function timeSetting(flag: string): Setting<number> {
  const { parse, allowed } = quantitySetting(flag, WAITING_TIME);
  return {
    flag,
    parse: (text) => parse(/^\d{1,9}$/.test(text) ? `${text}s` : text),
    allowed: `seconds, or ${allowed}`,
  };
}

function choiceSetting<T extends string>(flag: string, words: readonly T[]): Setting<T> {
  return { flag, parse: (text) => words.find((word) => word === text), allowed: listOf(words) };
}

function wholeSetting(flag: string, min: number, max: number): Setting<number> {
  return { flag, parse: (text) => whole(text, min, max), allowed: `a whole number from ${min} to ${max}` };
}

function channelsSetting(flag: string): Setting<readonly number[]> {
  return {
    flag,
    parse(text) {
      const indexes = text.split(',').map((part) => whole(part, 0, 31));
      return indexes.every((index) => index !== undefined) ? [...new Set(indexes)] : undefined;
    },
    allowed: 'channel indexes from 0 to 31 with commas between, such as 0,1,2',
  };
}

function whole(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value >= min && value <= max ? value : undefined;
}
