import { DURATION } from '../base/units.js';
import { parseCoapUrl } from '../coap/coap-url.js';
import { faultText } from '../config/rules.js';
import { PREFIXES, type QuantityKind, type TextKind } from './kinds.js';
import { parseListenAddress } from './listen-address.js';
import type { CheckedOptionsOf, OptionsOf, OptionTable } from './option.js';

const DIRECTORY: TextKind = {
  form: 'text',
  what: 'the URL of a resource directory',
  example: 'coap://rd.acme.example',
};
const ENDPOINT: TextKind = { form: 'text', what: 'the name of a device', example: 'device-17' };
const LISTEN: TextKind = { form: 'text', what: 'a port, or a host and a port', example: '5683 or [::]:5683' };
/** RFC 9176, section 5: `lt` counts seconds in 32 bits. Less than a minute would be more registrations than work. */
const LIFETIME: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: DURATION, min: 60e6, max: 365 * 86_400e6 },
  unit: 'milliseconds',
  unitFactor: 1000,
};
/** RFC 9176, section 5: the name of an endpoint has at most 63 bytes. */
const MAX_ENDPOINT_BYTES = 63;

/** What an agent says and hears by CoAP. */
export const COAP_OPTIONS = {
  /** URL of the resource directory where the device registers: `coap://HOST[:PORT]`. @default none */
  directory: {
    kind: DIRECTORY,
    fileKey: 'directory',
    file: 'URL of the resource directory (RFC 9176) where the device registers: coap://HOST[:PORT]; its path is /rd unless given. Default: none',
  },
  /** Name of this device at the directory; no other device has it. @default the name of the host */
  endpoint: {
    kind: ENDPOINT,
    fileKey: 'endpoint',
    file: 'Name of this device at the directory; no other device has it. Default: the name of the host',
  },
  /** How long the directory keeps the registration when it hears nothing more. @default 1 h */
  lifetimeMs: {
    kind: LIFETIME,
    default: 3600e3,
    fileKey: 'lifetime',
    file: 'How long the directory keeps the registration when it hears nothing more',
  },
  /** Where the device can be asked by everybody: `[HOST:]PORT`; HOST is 127.0.0.1 unless given. @default only the directory and `allow` are answered */
  listen: {
    kind: LISTEN,
    fileKey: 'listen',
    file: 'Where everybody can read the state of the device: [HOST:]PORT; HOST is 127.0.0.1 unless given. Default: only the directory and allow are answered, at a port that the system chooses',
  },
  /** Addresses and prefixes that may trigger the device and push records to it. @default the directory */
  allow: {
    kind: PREFIXES,
    fileKey: 'allow',
    file: 'Addresses and prefixes that may trigger the device and push signed records to it. Default: the directory',
  },
} as const satisfies OptionTable;

/** What an agent says and hears by CoAP. */
export interface CoapChoice extends OptionsOf<typeof COAP_OPTIONS> {}

export type CheckedCoapChoice = CheckedOptionsOf<typeof COAP_OPTIONS>;

export interface CoapSettingFault {
  readonly setting: keyof CoapChoice;
  readonly text: string;
}

/** What the settings say wrong that are each texts. */
export function coapFaults({ directory, endpoint, listen }: CoapChoice): readonly CoapSettingFault[] {
  const faults: CoapSettingFault[] = [];
  const unless = (isRight: boolean, setting: keyof CoapChoice, wrong: string, allowed: string, value: unknown) => {
    if (!isRight) faults.push({ setting, text: faultText({ wrong, allowed }, value) });
  };
  if (directory !== undefined) {
    const url = parseCoapUrl(directory);
    const isRight = url !== undefined && url.query.length === 0;
    unless(isRight, 'directory', 'not the URL of a directory', 'coap://HOST[:PORT][/PATH]', directory);
  }
  if (directory === undefined && listen === undefined) {
    unless(false, 'directory', 'neither directory nor listen', 'one of them, or both', directory);
  }
  if (endpoint !== undefined) {
    const isRight = Buffer.byteLength(endpoint) <= MAX_ENDPOINT_BYTES;
    unless(isRight, 'endpoint', 'too long', `at most ${MAX_ENDPOINT_BYTES} bytes`, endpoint);
  }
  if (listen !== undefined) {
    const isRight = parseListenAddress(listen) !== undefined;
    unless(
      isRight,
      'listen',
      'not an address',
      'a port, or a host and a port: 5683, 192.0.2.1:5683, [::]:5683',
      listen,
    );
  }
  return faults;
}
