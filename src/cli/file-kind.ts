import { readYaml } from '../config/yaml-source.js';
import { keyOf } from '../options/option.js';
import { RECEIVER_OPTIONS } from '../options/receiver-options.js';

/** The kinds of settings files that `layercast config` checks. */
export type FileKind = 'fleet' | 'receiver' | 'agent' | 'gateway' | 'manager' | 'scenario';

/** Recognises the kind of a file by settings that no other kind has. A file without such settings counts as a fleet. */
export function fileKindOf(text: string): FileKind {
  return surelyKindOf(text) ?? 'fleet';
}

/** The same, and undefined for a file without such settings. */
export function surelyKindOf(text: string): FileKind | undefined {
  const { data } = readYaml(text);
  if (!isMapping(data)) return undefined;
  const hasOneOf = (settings: readonly string[]) => settings.some((key) => Object.hasOwn(data, key));
  // Only a fleet says what is sent, so that one wrong setting makes no other kind of file of it.
  if ('objects' in data && isMapping(data.objects)) return 'fleet';
  if (hasOneOf(SCENARIO_SETTINGS)) return 'scenario';
  if (hasOneOf(AGENT_SETTINGS)) return 'agent';
  if (hasOneOf(MANAGER_SETTINGS)) return 'manager';
  if (hasOneOf(GATEWAY_SETTINGS) || ('objects' in data && Array.isArray(data.objects))) return 'gateway';
  if (hasOneOf(SETTINGS_OF_HTTP)) return hasOneOf(['fleet', 'key']) ? 'gateway' : 'manager';
  if (hasOneOf(FLEET_SETTINGS)) return 'fleet';
  // Files of three kinds name their fleet. What this one lacks is its fault, and no reason to take it for one of another kind.
  if (hasOneOf(['fleet', 'objects'])) return undefined;
  return hasOneOf(RECEIVER_SETTINGS) ? 'receiver' : undefined;
}

const SCENARIO_SETTINGS = ['duration', 'receivers', 'links', 'traffic'];
const AGENT_SETTINGS = ['subscribe', 'wake'];
const MANAGER_SETTINGS = ['allow', 'tokens', 'tls', 'devices', 'reachableFor', 'forgetAfter'];
const GATEWAY_SETTINGS = ['folder', 'waitFor'];
/** Gateways and managers have them. A gateway needs a fleet and its key, and a manager has neither. */
const SETTINGS_OF_HTTP = ['listen', 'clients'];
const FLEET_SETTINGS = ['servers', 'records'];
const RECEIVER_SETTINGS = Object.values(RECEIVER_OPTIONS).flatMap((option) =>
  'file' in option ? [keyOf(option.flag)] : [],
);

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
