import { AGENT_OPTIONS } from './agent-options.js';
import { GATEWAY_OPTIONS } from './gateway-options.js';
import { PATH, type TextKind, WAITING_TIME, type WholeKind } from './kinds.js';
import type { OptionTable, SettingsOf } from './option.js';

const COAP_ADDRESS: TextKind = { form: 'text', what: 'a port, or a host and a port', example: '5683 or [::]:5683' };
/** A device takes some 4 kB of memory. */
const DEVICE_COUNT: WholeKind = { form: 'whole', min: 1, max: 1_000_000 };

const { listen, clientCount } = GATEWAY_OPTIONS;

/** The options of `layercast manager`, beside `allow` and `tls`. */
export const MANAGER_OPTIONS = {
  /** Where devices register. @default [::1]:5683 */
  coap: {
    kind: COAP_ADDRESS,
    default: '[::1]:5683',
    flag: '--coap <address>',
    help: 'where devices register by CoAP: [HOST:]PORT; HOST is 127.0.0.1 unless given',
    file: 'Where devices register by CoAP: [HOST:]PORT; HOST is 127.0.0.1 unless given',
  },
  /** Where operators and their programs ask. @default 127.0.0.1:8090 */
  listen: {
    ...listen,
    default: '127.0.0.1:8090',
    help: 'serve devices by HTTP at [HOST:]PORT; HOST is 127.0.0.1 unless given',
    file: 'Serve devices by HTTP at [HOST:]PORT; HOST is 127.0.0.1 unless given',
  },
  /** Most connections of clients at once. @default 64 */
  clientCount: {
    ...clientCount,
    help: 'most connections of clients at once',
    file: 'Most connections of clients at once',
  },
  /** File of tokens: whoever has one may read from other hosts, and trigger devices. @default none */
  tokens: {
    kind: PATH,
    flag: '--tokens <file>',
    help: 'file of tokens, one a line; whoever has one may read from other hosts, and trigger devices',
    file: 'File of tokens, one a line of at least 32 characters; whoever has one may read from other hosts, and trigger devices. Default: none',
  },
  /** Most devices that are known at once. @default 100000 */
  deviceCount: {
    kind: DEVICE_COUNT,
    default: 100_000,
    flag: '--devices <count>',
    help: 'most devices that are known at once',
    file: 'Most devices that are known at once',
  },
  /** How long a device can be reached after it was heard. @default 30 s */
  reachableMs: {
    kind: WAITING_TIME,
    default: 30_000,
    flag: '--reachable-for <time>',
    help: 'how long a device can be reached after it was heard; NATs forget after 30 s',
    file: 'How long a device can be reached after it was heard; NATs forget after 30 s',
  },
  /** How long a device is known after its registration has ended. @default 30 d */
  forgetAfterMs: {
    kind: WAITING_TIME,
    default: 2_592_000_000,
    flag: '--forget-after <time>',
    help: 'how long a device is known that is not heard and has no registration',
    file: 'How long a device is known that is not heard and has no registration',
  },
  /** Folder for the database. @default $XDG_STATE_HOME/layercast */
  stateDir: {
    ...AGENT_OPTIONS.stateDir,
    help: 'folder for the database of devices',
    file: 'Folder for the database of devices. Default: $XDG_STATE_HOME/layercast',
  },
} as const satisfies OptionTable;

/** Hints, which every folder writes, name options by these names. */
declare module '../base/errors.js' {
  interface OptionNames extends Record<keyof typeof MANAGER_OPTIONS, unknown> {}
}

export type ManagerSettings = SettingsOf<typeof MANAGER_OPTIONS>;
