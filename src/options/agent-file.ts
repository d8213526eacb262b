import { z } from 'zod';
import { MAX_SUBSCRIPTIONS } from '../base/limits.js';
import type { Fault } from '../config/faults.js';
import { mappingOf, says } from '../config/fields.js';
import { readSettings } from '../config/read-settings.js';
import { readText } from '../config/read-text.js';
import type { YamlSource } from '../config/yaml-source.js';
import { type Subscribed, subscriptionFaults, wakeFault } from './agent-checks.js';
import { AGENT_OPTIONS, type AgentOptions, SUBSCRIPTION_OPTIONS, WAKE_OPTIONS } from './agent-options.js';
import { COAP_OPTIONS, coapFaults } from './coap-options.js';
import { settingsFrom, wholeShapeOf } from './file-values.js';
import { MQTT_OPTIONS, mqttFaults } from './mqtt-options.js';
import type { SettingsOf } from './option.js';

const subscriptionsAllowed = `1 to ${MAX_SUBSCRIPTIONS} subscriptions, such as - { object: firmware, output: firmware.img }`;

const subscription = mappingOf('a subscription', wholeShapeOf(SUBSCRIPTION_OPTIONS)).meta({ title: 'Subscription' });

export const agentSchema = mappingOf('an agent file', {
  ...wholeShapeOf(AGENT_OPTIONS),
  subscribe: z
    .array(subscription, says('not a list of subscriptions', subscriptionsAllowed))
    .min(1, says('no subscriptions', subscriptionsAllowed))
    .max(MAX_SUBSCRIPTIONS, says('too many subscriptions', subscriptionsAllowed))
    .meta({ description: 'What to do with which objects. The first subscription that fits an object counts' }),
  wake: mappingOf('times of wakes', wholeShapeOf(WAKE_OPTIONS))
    .optional()
    .meta({ title: 'Wakes', description: 'When the agent listens. Default: always' }),
  mqtt: mappingOf('an MQTT broker', wholeShapeOf(MQTT_OPTIONS)).optional().meta({
    title: 'MQTT',
    description: 'The broker where the agent hears releases and tells its state. Default: none',
  }),
  coap: mappingOf('settings of CoAP', wholeShapeOf(COAP_OPTIONS)).optional().meta({
    title: 'CoAP',
    description: 'Where the agent registers, tells its state and can be triggered by CoAP. Default: nowhere',
  }),
}).meta({
  title: 'layercast agent',
  description: 'What layercast agent receives on this host, and what it does with it',
});

/** An agent file after all checks, with absolute paths. A setting that the file lacks is undefined; defaults come later. */
export interface AgentFile
  extends Partial<SettingsOf<typeof AGENT_OPTIONS>>,
    Pick<AgentOptions, 'subscribe' | 'wake' | 'mqtt' | 'coap' | 'fleet'> {
  /** Path of the key file. */
  readonly key: string;
}

/**
 * Reads and checks an agent file.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault; {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED` or `FILE_IO`.
 */
export async function loadAgentFile(path: string): Promise<AgentFile> {
  return parseAgentFile(await readText(path), path);
}

/**
 * Checks the text of an agent file; `path` names it in faults, and relative paths in it start from its folder.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault.
 */
export function parseAgentFile(text: string, path: string): AgentFile {
  const { file, source, folder, conclude } = readSettings(agentSchema, text, path);
  const subscribe = file.subscribe.map((entry) => settingsFrom(SUBSCRIPTION_OPTIONS, entry, folder)) as Subscribed[];
  const wake = file.wake === undefined ? undefined : settingsFrom(WAKE_OPTIONS, file.wake, folder);
  const mqtt = file.mqtt === undefined ? undefined : settingsFrom(MQTT_OPTIONS, file.mqtt, folder);
  const coap = file.coap === undefined ? undefined : settingsFrom(COAP_OPTIONS, file.coap, folder);
  const made = { ...settingsFrom(AGENT_OPTIONS, file, folder), subscribe, wake, mqtt, coap } as unknown as AgentFile;
  return conclude(made, [
    ...faultsOf(subscribe, source),
    ...wakeFaults(made, source),
    ...brokerFaultsOf(made, source),
    ...coapFaultsOf(made, source),
  ]);
}

function faultsOf(subscriptions: readonly Subscribed[], source: YamlSource): readonly Fault[] {
  return subscriptionFaults(subscriptions).map(({ index, setting, text }) =>
    source.faultAt(['subscribe', index, SUBSCRIPTION_OPTIONS[setting].fileKey], text),
  );
}

function coapFaultsOf({ coap }: AgentFile, source: YamlSource): readonly Fault[] {
  const faults = coap === undefined ? [] : coapFaults(coap);
  return faults.map(({ setting, text }) => source.faultAt(['coap', COAP_OPTIONS[setting].fileKey], text));
}

function brokerFaultsOf({ mqtt }: AgentFile, source: YamlSource): readonly Fault[] {
  const faults = mqtt === undefined ? [] : mqttFaults(mqtt);
  return faults.map(({ setting, text }) => source.faultAt(['mqtt', setting], text));
}

function wakeFaults({ wake }: AgentFile, source: YamlSource): readonly Fault[] {
  const fault = wake === undefined ? undefined : wakeFault(wake);
  return fault === undefined ? [] : [source.faultAt(['wake', 'for'], fault)];
}
