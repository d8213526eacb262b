import { LayercastError } from '../base/errors.js';
import type { ConfigError } from '../config/faults.js';
import { type FileKind, surelyKindOf } from './file-kind.js';

/** The kind of file that each command reads, by the command that people run for such a file. */
const READ_BY: Readonly<Record<string, FileKind>> = {
  serve: 'fleet',
  plan: 'fleet',
  publish: 'fleet',
  release: 'fleet',
  mirror: 'fleet',
  sign: 'fleet',
  simulate: 'scenario',
  agent: 'agent',
  gateway: 'gateway',
  manager: 'manager',
  fetch: 'receiver',
  list: 'receiver',
};

/**
 * One error in place of those of a file that was written for another command: a scenario that `plan` was given has a fault for each of its
 * settings, and none of them says what is wrong.
 *
 * @param command what was typed after the program's name
 * @returns undefined for another command, for a file of the kind that this command reads, and for one whose kind is not certain
 */
export function errorOfOtherKind(command: string | undefined, { path, text }: ConfigError): LayercastError | undefined {
  const wanted = command !== undefined && Object.hasOwn(READ_BY, command) ? READ_BY[command]! : undefined;
  const found = surelyKindOf(text);
  if (wanted === undefined || found === undefined || found === wanted) return undefined;
  const reader = Object.keys(READ_BY).find((name) => READ_BY[name] === found)!;
  return new LayercastError(
    'CONFIG_INVALID',
    `${path} is ${NAMES[found]}; layercast ${command} reads ${NAMES[wanted]}`,
    {
      hint: `Run layercast ${reader} with it, or name another file; layercast config validate ${path} checks it`,
    },
  );
}

const NAMES: Readonly<Record<FileKind, string>> = {
  fleet: 'a fleet file',
  receiver: 'a file of settings for receivers',
  agent: 'an agent file',
  gateway: 'a gateway file',
  manager: 'a manager file',
  scenario: 'a scenario',
};
