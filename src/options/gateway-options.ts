import { AGENT_OPTIONS } from './agent-options.js';
import { CLOCK, FILL_URLS, NETWORK, PATH, SIGNAL, type TextKind, WAITING_TIME, type WholeKind } from './kinds.js';
import type { OptionsOf, OptionTable, SettingsOf } from './option.js';

const LISTEN_ADDRESS: TextKind = { form: 'text', what: 'a port, or a host and a port', example: '8080 or [::]:8080' };
const COAP_ADDRESS: TextKind = { form: 'text', what: 'a port, or a host and a port', example: '5683 or [::]:5683' };
const CLIENT_COUNT: WholeKind = { form: 'whole', min: 1, max: 10_000 };

const { fleet, key, compatible, maxRateBitsPerSecond, patienceMs } = AGENT_OPTIONS;
const { caution, fillAfterMs, fillRateBitsPerSecond, scope, port, hash, allowExpired, stateDir, wait } = AGENT_OPTIONS;

/** The options of `layercast gateway`, beside `objects`. What it receives, it receives as an agent does. */
export const GATEWAY_OPTIONS = {
  /** Name of the fleet, as in its fleet file. */
  fleet,
  /** The fleet's public key, or its root file. */
  key,
  /** Folder of the objects that are served. */
  folder: {
    kind: PATH,
    flag: '--folder <folder>',
    help: 'folder of the objects that are served',
    file: 'Folder of the objects that are served: the newest version of each, as a file. Default: gateway',
  },
  /** Where clients find the objects. @default 127.0.0.1:8080 */
  listen: {
    kind: LISTEN_ADDRESS,
    default: '127.0.0.1:8080',
    flag: '--listen <address>',
    help: 'serve objects by HTTP at [HOST:]PORT; HOST is 127.0.0.1 unless given',
    file: 'Serve objects by HTTP at [HOST:]PORT; HOST is 127.0.0.1 unless given',
  },
  /** Where clients find the objects by CoAP. @default none */
  coap: {
    kind: COAP_ADDRESS,
    flag: '--coap <address>',
    help: 'serve objects by CoAP, too, at [HOST:]PORT; HOST is 127.0.0.1 unless given',
    file: 'Serve objects by CoAP, too, at [HOST:]PORT; HOST is 127.0.0.1 unless given. Default: none',
  },
  /** Most connections of clients at once. @default 64 */
  clientCount: {
    kind: CLIENT_COUNT,
    default: 64,
    flag: '--clients <count>',
    help: 'most connections of clients at once, and as many requests by CoAP',
    file: 'Most connections of clients at once, and as many requests by CoAP',
  },
  /** How long a request waits for bytes that have not been received yet. @default 10 s */
  waitMs: {
    kind: WAITING_TIME,
    default: 10_000,
    flag: '--wait-for <time>',
    help: 'how long a request waits for bytes that have not been received yet',
    file: 'How long a request waits for bytes that have not been received yet; then the answer is 503',
  },
  /** How long an object is kept that the fleet does not announce any more. @default 30 d */
  forgetAfterMs: {
    kind: WAITING_TIME,
    default: 2_592_000_000,
    flag: '--forget-after <time>',
    help: 'how long an object is kept that the fleet does not announce any more',
    file: 'How long an object is kept that the fleet does not announce any more; only time in which the fleet is heard counts. Then its file is removed',
  },
  /** URLs of the objects on servers of the web or of CoAP, to ask for what multicast does not bring. `{object}` stands for the name. @default none */
  fill: {
    kind: FILL_URLS,
    fileKey: 'fill',
    file: 'URLs of the objects on servers of the web (http:, https:) or of CoAP (coap:), to ask for what multicast does not bring; {object} stands for the name. Default: none',
  },
  /** Classes of devices that the clients belong to: an object for other classes is refused. @default none */
  compatible,
  /** Interface to join on. @default the first that is up */
  interface: AGENT_OPTIONS.interface,
  /** Wait for the interface while it is missing or not ready. @default true */
  wait,
  /** Highest rate that all transfers together may join, counting whole IPv6 packets. @default no limit */
  maxRateBitsPerSecond,
  /** How much the link may drop for speed: `low` on a link of the gateway's own, `high` on one that it shares. @default normal */
  caution,
  /** How long multicast alone has before URLs are asked; a random time of up to the same length is added. @default 20 s */
  fillAfterMs,
  /** Highest rate of what each transfer asks URLs for, bit/s. @default no limit */
  fillRateBitsPerSecond,
  /** A transfer that hears nothing for this long is tried again later. @default 30 s */
  patienceMs,
  /** Scope in which the fleet announces. @default site */
  scope,
  /** UDP port on which the fleet announces. @default 4242 */
  port,
  /** How the fleet derives groups from names. @default sha3-512 */
  hash,
  /** Folder for the journal, the journals of files, and the versions completed. @default $XDG_STATE_HOME/layercast */
  stateDir,
  /** Accept a descriptor that is past its date. @default false */
  allowExpired,
  /** Stops the gateway when aborted; progress is kept. */
  signal: { kind: SIGNAL },
  /** Network to receive from. @default real sockets */
  network: { kind: NETWORK },
  /** Clock to go by. @default this host's clock */
  clock: { kind: CLOCK },
} as const satisfies OptionTable;

/** Options of `createGateway`. */
export interface GatewayOptions extends OptionsOf<typeof GATEWAY_OPTIONS> {
  /** Objects to receive and serve: names, or patterns, in which `*` stands for any characters but `/`, and `**` for any characters. */
  readonly objects: readonly string[];
}

/** Hints, which every folder writes, name options by these names. */
declare module '../base/errors.js' {
  interface OptionNames extends Record<keyof typeof GATEWAY_OPTIONS, unknown> {}
}

export type GatewaySettings = SettingsOf<typeof GATEWAY_OPTIONS>;
