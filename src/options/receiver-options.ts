import { DEFAULT_PATIENCE_US } from '../base/limits.js';
import { DEFAULT_GROUP_HASH, DEFAULT_PORT, DEFAULT_SCOPE } from '../wire/group-options.js';
import {
  CAUTION,
  CHANNEL_INDEXES,
  CLOCK,
  DEVICE_CLASSES,
  DOMAIN_NAME,
  FILL_URLS,
  FLEET_NAME,
  GROUP_HASH,
  INTERFACE_NAME,
  JOINED_RATE,
  NETWORK,
  OBJECT_NAME,
  OUTPUT,
  PATH,
  PORT,
  PUBLIC_KEY,
  RECEIVER_MODE,
  SCOPE,
  SEED_PATHS,
  SIGNAL,
  TRUTH,
  WAITING_TIME,
} from './kinds.js';
import type { CheckedOptionsOf, OptionsOf, OptionTable } from './option.js';

/**
 * The options of a receiver. To add one, add an entry here and use the option where it matters, in create-receiver.ts. From the
 * entry follow the types below, the check of the call, the flag of `layercast fetch` with its help, the environment variable,
 * the key of the receiver file with its JSON Schema, and the name that hints use.
 */
export const RECEIVER_OPTIONS = {
  /** Name of the fleet, as in its fleet file. */
  fleet: { kind: FLEET_NAME, isRequired: true, argument: 'FLEET' },
  /** Name of the object, as in the fleet file. */
  object: { kind: OBJECT_NAME, isRequired: true, argument: 'OBJECT' },
  /** The fleet's Ed25519 public key (SPKI PEM, or a key object), or the text of its root file. */
  key: {
    kind: PUBLIC_KEY,
    isRequired: true,
    flag: '--key <pub.pem>',
    help: "the fleet's public key, or its root file",
    file: 'Public key (SPKI PEM) of the fleet, or its root file',
  },
  /** Path of the file with the content key, for objects that are encrypted. @default none */
  contentKey: {
    kind: PATH,
    flag: '--content-key <file>',
    help: 'content key of an object that is encrypted',
    file: 'Content key (64 hexadecimal digits), for objects that are encrypted',
  },
  /** The file to write; `DIR/` for a tree; `-` for standard output; or `{ dir }`, `{ device }`, `{ pipe: [COMMAND, …] }`. */
  output: {
    kind: OUTPUT,
    isRequired: true,
    flag: '-o, --output <file>',
    help: 'file to write; DIR/ for a tree; - for standard output',
    file: 'File to write; DIR/ for a tree; - for standard output',
  },
  /** Interface to join on. @default the first that is up */
  interface: {
    kind: INTERFACE_NAME,
    flag: '--interface <if>',
    help: 'interface to join on; by default the first that is up',
    file: 'Network interface to receive on, such as eth0. Default: the first that is up',
  },
  /** Hear only the servers of this domain, which DNS names and which are followed while they change. @default any server */
  domain: {
    kind: DOMAIN_NAME,
    flag: '--domain <name>',
    help: 'hear only the servers that DNS names for this domain, on the port that it names',
    file: 'Hear only the servers that DNS names for this domain (SRV of _layercast._udp and AAAA). Default: any server',
  },
  /** Wait for the interface while it is missing or not ready. @default true */
  wait: {
    kind: TRUTH,
    default: true,
    flag: '--no-wait',
    help: 'end when the interface is missing, instead of waiting',
  },
  /** `auto` follows the object's ladder, `best` takes one channel, `several` takes layers. @default auto */
  mode: {
    kind: RECEIVER_MODE,
    default: 'auto',
    flag: '--mode <mode>',
    help: 'auto, best (one channel) or several (layers)',
    file: 'best: one channel; several: layers of a ladder; auto: as the object says',
  },
  /** Join exactly these channels. @default chosen by mode and rate */
  channels: {
    kind: CHANNEL_INDEXES,
    flag: '--channels <list>',
    help: 'join exactly these channels, such as 0,1,2 or 0-12',
    file: 'Indexes of the channels to join. Default: chosen by mode and rate',
  },
  /** Classes of devices that this host belongs to: an object for other classes is refused. @default none */
  compatible: {
    kind: DEVICE_CLASSES,
    flag: '--compatible <class>',
    help: 'class of devices that this host belongs to, such as acme/gateway-2; may be given several times',
    file: 'Classes of devices that this host belongs to, such as acme/gateway-2. An object for other classes is refused',
  },
  /**
   * Files or block devices with older versions of the object: equal parts are taken from them and the rest is received as a delta, if the servers
   * send one.
   *
   * @default none
   */
  seeds: {
    kind: SEED_PATHS,
    flag: '--seed <file>',
    // LAYERCAST_SEED is the number from which a simulation draws.
    variable: 'LAYERCAST_SEEDS',
    help: 'older version to take equal parts from, if the servers send a delta; may be given several times',
    file: 'Files or block devices with older versions, to take equal parts from if the servers send a delta',
  },
  /**
   * The object as a file on servers of the web or of CoAP, which are asked for blocks that multicast does not bring (HTTP range requests, or CoAP's
   * blocks). Every block is checked against its signed digest.
   *
   * @default none
   */
  fill: {
    kind: FILL_URLS,
    flag: '--fill <urls>',
    help: 'URLs of the file, to ask for what multicast does not bring',
    file: 'URLs of the file on servers of the web (http:, https:) or of CoAP (coap:), to ask for what multicast does not bring',
  },
  /** How long multicast alone has before `fill` begins; a random time of up to the same length is added. @default 20 s */
  fillAfterMs: {
    kind: WAITING_TIME,
    default: 20_000,
    flag: '--fill-after <time>',
    help: 'ask after this time, and at random up to as much later, if no end is in sight',
    file: 'How long multicast alone has before URLs are asked; at random up to as much is added',
  },
  /** Highest rate of what is asked for, bit/s. @default no limit */
  fillRateBitsPerSecond: {
    kind: JOINED_RATE,
    flag: '--fill-rate <rate>',
    help: 'highest rate of what URLs are asked for, such as 500kbit',
    file: 'Highest rate of what URLs are asked for, such as 500kbit. Default: no limit',
  },
  /** Highest rate to join, counting whole IPv6 packets. @default no limit */
  maxRateBitsPerSecond: {
    kind: JOINED_RATE,
    flag: '--max-rate <rate>',
    help: 'highest rate to join, such as 5Mbit',
    file: 'Highest rate to join, such as 10Mbit. Default: no limit',
  },
  /** How much the link may drop for speed: `low` on a link of this receiver's own, `high` on one that it shares. @default normal */
  caution: {
    kind: CAUTION,
    default: 'normal',
    flag: '--caution <degree>',
    help: 'low (a link of its own: fast, drops more), normal, or high (a shared link: drops less)',
    file: 'How much the link may drop for speed. low: it is this receiver’s own; high: others share it',
  },
  /** Give up after this long; progress is kept. @default never */
  timeoutMs: {
    kind: WAITING_TIME,
    flag: '--timeout <time>',
    help: 'give up after this many seconds, or 5min',
    file: 'Give up after this time, such as 10min. Default: never',
    formerName: 'timeoutUs',
  },
  /** Give up when nothing of the object is heard for this long. @default 30 s */
  patienceMs: {
    kind: WAITING_TIME,
    default: DEFAULT_PATIENCE_US / 1000,
    flag: '--patience <time>',
    help: 'give up when nothing is heard for this long',
    file: 'Give up when nothing is heard for this long',
    formerName: 'patienceUs',
  },
  /** Scope in which the fleet announces. @default site */
  scope: {
    kind: SCOPE,
    default: DEFAULT_SCOPE,
    flag: '--scope <scope>',
    help: 'scope of the fleet file',
    file: 'Scope of the fleet’s announcements',
  },
  /** UDP port on which the fleet announces. @default 4242 */
  port: {
    kind: PORT,
    default: DEFAULT_PORT,
    flag: '--port <port>',
    help: 'port of the fleet file',
    file: 'UDP port of the fleet’s announcements',
  },
  /** How the fleet derives groups from names. @default sha3-512 */
  hash: {
    kind: GROUP_HASH,
    default: DEFAULT_GROUP_HASH,
    flag: '--hash <hash>',
    help: 'hash of the fleet file',
    file: 'How the fleet derives groups from names; blake3 as Librecast does',
  },
  /**
   * Keep the journal here instead of beside `output`; versions completed are remembered here too.
   * @default beside `output`; versions in $XDG_STATE_HOME/layercast
   */
  stateDir: {
    kind: PATH,
    flag: '--state <dir>',
    help: 'keep the journal here, not beside the file',
    file: 'Folder for the journal and the versions completed. Default: beside the output, and under XDG_STATE_HOME',
  },
  /** Accept a version older than one completed before. @default false */
  allowRollback: {
    kind: TRUTH,
    default: false,
    flag: '--allow-rollback',
    help: 'accept a version older than one completed before',
  },
  /** Accept a descriptor that is past its date. @default false */
  allowExpired: {
    kind: TRUTH,
    default: false,
    flag: '--allow-expired',
    help: 'accept a version that has expired',
  },
  /** Stops the receiver when aborted; progress is kept. */
  signal: { kind: SIGNAL },
  /** Network to receive from. @default real sockets */
  network: { kind: NETWORK },
  /** Clock to go by. @default this host's clock */
  clock: { kind: CLOCK },
} as const satisfies OptionTable;

/** Options of `createReceiver`. */
export interface ReceiverOptions extends OptionsOf<typeof RECEIVER_OPTIONS> {}

/** Options after all checks, with defaults filled in; the key is still as it was given. */
export type CheckedOptions = CheckedOptionsOf<typeof RECEIVER_OPTIONS>;

/** Hints, which every folder writes, name options by these names. */
declare module '../base/errors.js' {
  interface OptionNames extends Record<keyof typeof RECEIVER_OPTIONS | 'output.device', unknown> {}
}
