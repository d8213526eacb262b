import { dirname, isAbsolute, join, resolve } from 'node:path';
import { check } from '../config/check.js';
import { ConfigError } from '../config/faults.js';
import { readText } from '../config/read-text.js';
import { readYaml } from '../config/yaml-source.js';
import type { GroupHash, Scope } from '../wire/group-options.js';
import { receiverSchema } from './receiver-schema.js';

/** How a receiver chooses channels: by itself, one that is complete, or as many of a layered ladder as fit. */
export type ReceiverMode = 'auto' | 'best' | 'several';

/** A receiver file after all checks, every path absolute. What it does not say is undefined; defaults come last. */
export interface ReceiverConfig {
  /** Public key (SPKI PEM). */
  readonly keyPath: string | undefined;
  readonly interface: string | undefined;
  readonly scope: Scope | undefined;
  readonly port: number | undefined;
  readonly hash: GroupHash | undefined;
  readonly statePath: string | undefined;
  readonly mode: ReceiverMode | undefined;
  readonly channels: readonly number[] | undefined;
  readonly maxRateBitsPerSecond: number | undefined;
  readonly timeoutUs: number | undefined;
  readonly outputPath: string | undefined;
}

/**
 * Reads and checks a receiver file.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault; {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED` or `FILE_IO`.
 */
export async function loadReceiverConfig(path: string): Promise<ReceiverConfig> {
  return parseReceiverConfig(await readText(path), path);
}

/**
 * Checks the text of a receiver file; `path` names it in faults, and relative paths in it start from its folder.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault.
 */
export function parseReceiverConfig(text: string, path: string): ReceiverConfig {
  const { faults, value } = check(receiverSchema, readYaml(text));
  if (value === undefined) throw new ConfigError(path, faults);
  const folder = dirname(resolve(path));
  const absolute = (given: string | null | undefined) => (given == null ? undefined : resolve(folder, given));
  return {
    keyPath: absolute(value.key),
    interface: value.interface ?? undefined,
    scope: value.scope,
    port: value.port,
    hash: value.hash,
    statePath: absolute(value.state),
    mode: value.mode,
    channels: value.channels,
    maxRateBitsPerSecond: value.maxRate,
    timeoutUs: value.timeout,
    outputPath: value.output == null ? undefined : outputIn(folder, value.output),
  };
}

/** "-" stays "-", and a slash at the end stays: both are refused with their own reason when the output is opened. */
function outputIn(folder: string, output: string): string {
  return output === '-' || isAbsolute(output) ? output : join(folder, output);
}
