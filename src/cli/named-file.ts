import { LayercastError } from '../base/errors.js';

/**
 * The settings file that somebody typed: as an argument, or with `--config`. Undefined if nobody did.
 *
 * @throws {LayercastError} `USAGE` if both are there and differ
 */
export function namedFile(argument: string | undefined, flag: string | undefined): string | undefined {
  if (argument !== undefined && flag !== undefined && argument !== flag) {
    throw new LayercastError('USAGE', `two files: ${argument} and --config ${flag}`, { hint: 'Name one of them' });
  }
  return argument ?? flag;
}
