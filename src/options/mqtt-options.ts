import { DURATION } from '../base/units.js';
import { type BrokerSettingFault, brokerFaults, DEFAULT_TOPICS } from '../fleet/broker.js';
import { type ChoicesKind, OBJECT_NAME, PATH, type QuantityKind, type TextKind } from './kinds.js';
import type { CheckedOptionsOf, OptionsOf, OptionTable } from './option.js';

const BROKER: TextKind = { form: 'text', what: 'the address of a broker', example: 'mqtts://broker.acme.example' };
const USER: TextKind = { form: 'text', what: 'the name of a user', example: 'device-17' };
const DEVICE: TextKind = { form: 'text', what: 'the name of a device', example: 'device-17' };
const PREFIX: TextKind = { form: 'text', what: 'the beginning of topics', example: 'layercast' };

/** What a device can be told over MQTT (src/mqtt/commands.ts). */
const COMMANDS: ChoicesKind<'report' | 'fetch' | 'pause' | 'resume'> = {
  form: 'choices',
  words: ['report', 'fetch', 'pause', 'resume'],
};
const JITTER_TIME: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: DURATION, min: 0, max: 86_400e6 },
  unit: 'milliseconds',
  unitFactor: 1000,
};
/** Brokers count whole seconds, in 32 bits. */
const LOST_TIME: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: DURATION, min: 1e6, max: 86_400e6 },
  unit: 'milliseconds',
  unitFactor: 1000,
};
const SESSION_TIME: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: DURATION, min: 60e6, max: 365 * 86_400e6 },
  unit: 'milliseconds',
  unitFactor: 1000,
};

/** What an agent says and hears at an MQTT broker. */
export const MQTT_OPTIONS = {
  /** Address of the broker: `mqtt://HOST[:PORT]`, or `mqtts://` with TLS. */
  url: {
    kind: BROKER,
    isRequired: true,
    fileKey: 'url',
    file: 'Address of the broker: mqtt://HOST[:PORT], or mqtts://HOST[:PORT] with TLS',
  },
  /** Name of this device at the broker; no other device has it. @default the name of the host */
  device: {
    kind: DEVICE,
    fileKey: 'device',
    file: 'Name of this device at the broker; no other device has it. Default: the name of the host',
  },
  /** Name that the broker knows this device by. @default none */
  username: { kind: USER, fileKey: 'username', file: 'Name that the broker knows this device by. Default: none' },
  /** Path of the file with the password. @default none */
  passwordFile: { kind: PATH, fileKey: 'passwordFile', file: 'File with the password. Default: none' },
  /** Path of the certificates (PEM) that the broker's is checked with. @default those of the system */
  ca: {
    kind: PATH,
    fileKey: 'ca',
    file: 'Certificates (PEM) that the broker’s is checked with. Default: those of the system',
  },
  /** Path of this device's certificate (PEM). @default none */
  certificate: {
    kind: PATH,
    fileKey: 'certificate',
    file: 'Certificate of this device (PEM), for brokers that ask for one. Default: none',
  },
  /** Path of the private key (PEM) of `certificate`. @default none */
  privateKey: { kind: PATH, fileKey: 'privateKey', file: 'Private key (PEM) of certificate. Default: none' },
  /** The first words of all topics. @default layercast */
  prefix: { kind: PREFIX, default: DEFAULT_TOPICS, fileKey: 'prefix', file: 'The first words of all topics' },
  /** Commands that the device obeys; an empty list: none. @default report */
  commands: {
    kind: COMMANDS,
    default: ['report'],
    fileKey: 'commands',
    file: 'Commands that the device obeys: report, fetch, pause, resume; [] for none',
  },
  /** Each release waits for a random time of at most this length, so that not all devices begin at once. @default 10 s */
  jitterMs: {
    kind: JITTER_TIME,
    default: 10_000,
    fileKey: 'jitter',
    file: 'Each release waits for a random time of at most this length, so that not all devices begin at once',
  },
  /** How long the broker keeps commands for a device that is away. @default 1 d */
  sessionMs: {
    kind: SESSION_TIME,
    default: 86_400e3,
    fileKey: 'session',
    file: 'How long the broker keeps commands for this device while it is away',
  },
  /** How long the connection may be broken before the broker says that this device is lost. With MQTT 3.1.1 it says so at once. @default 30 s */
  lostAfterMs: {
    kind: LOST_TIME,
    default: 30_000,
    fileKey: 'lostAfter',
    file: 'How long the connection may be broken before the broker says that this device is lost; MQTT 3.1.1 says so at once',
  },
  /** Prefix of Home Assistant's discovery, to tell it of each object as an update entity. @default none */
  homeAssistant: {
    kind: PREFIX,
    fileKey: 'homeAssistant',
    file: 'Prefix of Home Assistant’s discovery, such as homeassistant, to tell it of each object as an update entity. Default: none',
  },
  /** Object whose state is told as ThingsBoard's firmware (`fw_state`). @default none */
  thingsBoard: {
    kind: OBJECT_NAME,
    fileKey: 'thingsBoard',
    file: 'Object whose state is told as ThingsBoard’s firmware (fw_state). Default: none',
  },
} as const satisfies OptionTable;

/** What an agent says and hears at an MQTT broker. */
export interface MqttChoice extends OptionsOf<typeof MQTT_OPTIONS> {}

export type CheckedMqttChoice = CheckedOptionsOf<typeof MQTT_OPTIONS>;

/** What is wrong with the settings of a broker that are each right by themselves. */
export function mqttFaults(mqtt: MqttChoice): readonly BrokerSettingFault[] {
  return [
    ...brokerFaults(mqtt, mqtt.prefix),
    // Both are the beginning of topics.
    ...brokerFaults({ url: mqtt.url }, mqtt.homeAssistant)
      .filter(({ setting }) => setting === 'prefix')
      .map(({ text }) => ({ setting: 'homeAssistant' as const, text })),
  ];
}
