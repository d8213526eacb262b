import type { KeyObject } from 'node:crypto';
import { faultText } from '../config/rules.js';
import { subscriptionFaults, wakeFault } from './agent-checks.js';
import {
  AGENT_OPTIONS,
  type AgentOptions,
  type CheckedFlatOptions,
  type CheckedSubscription,
  type CheckedWakes,
  DEFAULT_WAKE_MS,
  SUBSCRIPTION_OPTIONS,
  WAKE_OPTIONS,
} from './agent-options.js';
import { type CheckOf, checkOptions } from './check-options.js';
import { readKey } from './check-receiver-options.js';
import { type CheckedCoapChoice, COAP_OPTIONS, coapFaults } from './coap-options.js';
import { type CheckedMqttChoice, MQTT_OPTIONS, mqttFaults } from './mqtt-options.js';
import { type OptionFault, OptionsError } from './options-error.js';

/** The options of an agent after all checks, with defaults filled in and the key read. */
export interface CheckedAgentOptions extends CheckedFlatOptions {
  /** A public key, or the text of a root file, which is read when the agent starts. */
  readonly key: KeyObject | string;
  readonly subscribe: readonly CheckedSubscription[];
  readonly wake: CheckedWakes | undefined;
  readonly mqtt: CheckedMqttChoice | undefined;
  readonly coap: CheckedCoapChoice | undefined;
}

const SUBSCRIPTIONS_RULE = { wrong: 'no subscriptions', allowed: 'a list of objects with object and output' };

/**
 * Checks the options of `createAgent` and reads the key.
 *
 * @throws {OptionsError} `USAGE` with every fault; {LayercastError} `KEY_INVALID` when only the key is wrong.
 */
export function checkAgentOptions(options: unknown): CheckedAgentOptions {
  const { subscribe, wake, mqtt, coap, ...others } = (options ?? {}) as Partial<AgentOptions>;
  const flat = checkOptions(AGENT_OPTIONS, others);
  const list = Array.isArray(subscribe) ? subscribe : [];
  const entries = list.map((entry) => checkOptions(SUBSCRIPTION_OPTIONS, entry));
  const wakes = wake === undefined ? undefined : checkOptions(WAKE_OPTIONS, wake);
  const broker = mqtt === undefined ? undefined : checkOptions(MQTT_OPTIONS, mqtt);
  const device = coap === undefined ? undefined : checkOptions(COAP_OPTIONS, coap);
  const faults = [
    ...flat.faults,
    ...(list.length === 0 ? [{ option: 'subscribe', text: faultText(SUBSCRIPTIONS_RULE, subscribe) }] : []),
    ...entries.flatMap((entry, index) => within(`subscribe.${index}`, entry)),
    ...togetherFaults(entries),
    ...(wakes === undefined ? [] : [...within('wake', wakes), ...faultsOfWakes(wakes.values)]),
    ...(broker === undefined ? [] : [...within('mqtt', broker), ...faultsOfBroker(broker.values)]),
    ...(device === undefined ? [] : [...within('coap', device), ...faultsOfCoap(device.values)]),
  ];
  const key = readKey(others);
  if (key instanceof Error) {
    if (faults.length === 0) throw key;
    throw new OptionsError('createAgent', [...faults, { option: 'key', text: key.message }]);
  }
  if (faults.length > 0) throw new OptionsError('createAgent', faults);
  return {
    // Without a key there is a fault, and this is not reached.
    ...flat.values!,
    key: key!,
    subscribe: entries.map(({ values }) => values!),
    wake: wakes?.values && withLength(wakes.values),
    mqtt: broker?.values,
    coap: device?.values,
  };
}

/** A wake that comes for a window of a schedule lasts until the window ends; one that comes by the clock does not last for ever. */
function withLength(wake: CheckedWakes): CheckedWakes {
  return { ...wake, forMs: wake.forMs ?? (wake.everyMs === undefined ? undefined : DEFAULT_WAKE_MS) };
}

function within(name: string, { faults }: { readonly faults: readonly OptionFault[] }): readonly OptionFault[] {
  return faults.map(({ option, text }) => ({ option: option === '' ? name : `${name}.${option}`, text }));
}

function togetherFaults(entries: readonly CheckOf<typeof SUBSCRIPTION_OPTIONS>[]): readonly OptionFault[] {
  // While one entry has faults of its own, what it has in common with others is not known.
  const values = entries.flatMap((entry) => (entry.values === undefined ? [] : [entry.values]));
  if (values.length < entries.length) return [];
  return subscriptionFaults(values).map(({ index, setting, text }) => ({
    option: `subscribe.${index}.${setting}`,
    text,
  }));
}

function faultsOfCoap(coap: CheckedCoapChoice | undefined): readonly OptionFault[] {
  return coap === undefined ? [] : coapFaults(coap).map(({ setting, text }) => ({ option: `coap.${setting}`, text }));
}

function faultsOfBroker(mqtt: CheckedMqttChoice | undefined): readonly OptionFault[] {
  return mqtt === undefined ? [] : mqttFaults(mqtt).map(({ setting, text }) => ({ option: `mqtt.${setting}`, text }));
}

function faultsOfWakes(wakes: CheckedWakes | undefined): readonly OptionFault[] {
  const text = wakes === undefined ? undefined : wakeFault(wakes);
  return text === undefined ? [] : [{ option: 'wake.forMs', text }];
}
