import { join, resolve } from 'node:path';
import { MAX_SUBSCRIPTIONS } from '../base/limits.js';
import { shown } from '../config/faults.js';
import { faultText } from '../config/rules.js';
import { subscriptionFaults } from './agent-checks.js';
import { type CheckedAgentOptions, checkAgentOptions } from './check-agent-options.js';
import { checkOptions } from './check-options.js';
import { readKey } from './check-receiver-options.js';
import { GATEWAY_OPTIONS, type GatewayOptions } from './gateway-options.js';
import { OBJECT_NAME } from './kinds.js';
import { parseListenAddress } from './listen-address.js';
import { type OptionFault, OptionsError } from './options-error.js';
import { faultsOfValue } from './program-values.js';

/** Where objects are kept unless told otherwise. */
const FOLDER = 'gateway';
const OBJECTS_RULE = { wrong: 'not a list of objects', allowed: `1 to ${MAX_SUBSCRIPTIONS} names or patterns` };

interface Address {
  readonly host: string;
  readonly port: number;
}

/** The options of a gateway after all checks, with defaults filled in and the key read. */
export interface CheckedGatewayOptions extends Pick<CheckedAgentOptions, 'signal' | 'network' | 'clock'> {
  /** What the gateway receives, as an agent. Its outputs are files in `folder`. */
  readonly agent: Omit<CheckedAgentOptions, 'signal' | 'network' | 'clock'>;
  /** An absolute path. */
  readonly folder: string;
  readonly http: Address & { readonly clientCount: number; readonly waitMs: number };
  /** Where objects are served by CoAP, too; undefined: nowhere. */
  readonly coap: Address | undefined;
  readonly forgetAfterMs: number;
}

/**
 * Checks the options of `createGateway` and reads the key.
 *
 * @throws {OptionsError} `USAGE` with every fault; {LayercastError} `KEY_INVALID` when only the key is wrong.
 */
export function checkGatewayOptions(options: unknown): CheckedGatewayOptions {
  const { objects, ...others } = (options ?? {}) as Partial<GatewayOptions>;
  const { faults: flat, values } = checkOptions(GATEWAY_OPTIONS, others);
  const faults = [...flat, ...faultsOfObjects(objects), ...(values === undefined ? [] : faultsTogether(values))];
  const key = readKey(others);
  if (key instanceof Error && faults.length === 0) throw key;
  const ofKey = key instanceof Error ? [{ option: 'key', text: key.message }] : [];
  if (faults.length > 0) throw new OptionsError('createGateway', [...faults, ...ofKey]);
  const { folder: given, listen, coap, clientCount, waitMs, forgetAfterMs, fill, ...rest } = values!;
  const { signal, network, clock, ...ofAgent } = rest;
  const folder = resolve(given ?? FOLDER);
  const output = join(folder, '{object}');
  const subscribe = [...new Set(objects)].map((object) => ({ object, output, fill }));
  const { signal: _signal, network: _network, clock: _clock, ...agent } = checkAgentOptions({ ...ofAgent, subscribe });
  const http = { ...parseListenAddress(listen)!, clientCount, waitMs };
  return {
    agent,
    folder,
    http,
    coap: coap === undefined ? undefined : parseListenAddress(coap),
    forgetAfterMs,
    signal,
    network,
    clock,
  };
}

function faultsOfObjects(objects: unknown): readonly OptionFault[] {
  if (!Array.isArray(objects) || objects.length === 0 || objects.length > MAX_SUBSCRIPTIONS)
    return [{ option: 'objects', text: faultText(OBJECTS_RULE, objects) }];
  return objects.flatMap((object, index) => faultsOfValue(OBJECT_NAME, `objects.${index}`, object));
}

/** What is wrong within texts that are texts: addresses, and names in braces. */
function faultsTogether({
  listen,
  coap,
  fill,
}: {
  readonly listen: string;
  readonly coap?: string | undefined;
  readonly fill?: readonly string[] | undefined;
}): readonly OptionFault[] {
  const addresses = Object.entries({ listen, coap }).flatMap(([option, text]) => {
    if (text === undefined || parseListenAddress(text) !== undefined) return [];
    const allowed = 'a port, or a host and a port, such as 8080 or [::]:8080';
    return [{ option, text: `not an address, found ${shown(text)}, allowed: ${allowed}` }];
  });
  const urls = subscriptionFaults([{ object: 'object', output: '{object}', fill }]);
  return [...addresses, ...urls.map(({ setting, text }) => ({ option: setting, text }))];
}
