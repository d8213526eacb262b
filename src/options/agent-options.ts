import { DURATION, RATIO, SIZE } from '../base/units.js';
import type { CoapChoice } from './coap-options.js';
import {
  CLOCK,
  COMMAND,
  FILL_URLS,
  NETWORK,
  OBJECT_NAME,
  OUTPUT_TARGET,
  PATH,
  type QuantityKind,
  SEED_PATHS,
  SIGNAL,
  TRUTH,
} from './kinds.js';
import type { MqttChoice } from './mqtt-options.js';
import type { CheckedOptionsOf, OptionsOf, OptionTable } from './option.js';
import { RECEIVER_OPTIONS } from './receiver-options.js';

/** How long a command of the device may run. */
const COMMAND_TIME: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: DURATION, min: 1e6, max: 7 * 86_400e6 },
  unit: 'milliseconds',
  unitFactor: 1000,
};
/** From one wake to the next. The shortest leaves room for announcements that come once in seconds. */
const WAKE_TIME: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: DURATION, min: 1e6, max: 365 * 86_400e6 },
  unit: 'milliseconds',
  unitFactor: 1000,
};
/** Without any jitter, wakes could fall into step with carousels; with more than half, one wake could overtake the next. */
const JITTER: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: RATIO, min: 0.01, max: 0.5 },
  unit: 'times the interval',
  unitFactor: 1,
};
const BUDGET: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: SIZE, min: 1e3, max: 1e15 },
  unit: 'bytes',
  unitFactor: 1,
};

/** What an agent does with objects of one name, or of a pattern of names. */
export const SUBSCRIPTION_OPTIONS = {
  /** Name of the object. `*` stands for any characters but `/`, and `**` for any characters. */
  object: {
    kind: OBJECT_NAME,
    isRequired: true,
    fileKey: 'object',
    file: 'Name of the object, or a pattern: * stands for any characters but /, and ** for any characters',
  },
  /**
   * Path of the file to write, or `{ pipe: [program, argument, …], timeoutMs }` for a command that gets the verified bytes in order. In a path
   * `{object}` stands for the name of the object; a pattern needs it.
   */
  output: {
    kind: OUTPUT_TARGET,
    isRequired: true,
    fileKey: 'output',
    file: 'File to write, DIR/ or { dir: DIR } for a tree, { device: PATH } for a block device that is overwritten, or { pipe: [program, argument, …] } for a command that gets the verified bytes in order. In a path, {object} stands for the name of the object, with %2F for /; a pattern needs it',
  },
  /** Program that takes each new version over, with its arguments; `{file}` stands for the file. @default none */
  run: {
    kind: COMMAND,
    fileKey: 'run',
    file: 'Program that takes each new version over, with its arguments; {file} stands for the file. No shell reads them. Default: none',
  },
  /** Files or block devices with older versions, to take equal parts from if the servers send a delta. `{object}` as in `output`. @default none */
  seeds: {
    kind: SEED_PATHS,
    fileKey: 'seed',
    file: 'Files or block devices with older versions, to take equal parts from if the servers send a delta; {object} as in output. Default: none',
  },
  /** URLs of the file on servers of the web or of CoAP, to ask for what multicast does not bring. `{object}` as in `output`. @default none */
  fill: {
    kind: FILL_URLS,
    fileKey: 'fill',
    file: 'URLs of the file on servers of the web (http:, https:) or of CoAP (coap:), to ask for what multicast does not bring; {object} as in output. Default: none',
  },
  /** Path of the file with the content key, if the object is encrypted. @default the agent's */
  contentKey: {
    kind: PATH,
    fileKey: 'contentKey',
    file: 'Content key (64 hexadecimal digits), if the object is encrypted. Default: the agent’s',
  },
  /** The program is ended when it runs for longer. @default 1 h */
  timeoutMs: {
    kind: COMMAND_TIME,
    default: 3600e3,
    fileKey: 'timeout',
    file: 'The program is ended when it runs for longer',
  },
} as const satisfies OptionTable;

/** How long a wake lasts at most that comes by `everyMs`, if nothing else is said. */
export const DEFAULT_WAKE_MS = 300e3;

/** When an agent listens. */
export const WAKE_OPTIONS = {
  /** Time from one wake to the next. @default none: it wakes when servers send, by their schedules, and listens while it knows of none */
  everyMs: {
    kind: WAKE_TIME,
    fileKey: 'every',
    file: 'Time from one wake to the next, such as 6h. Default: it wakes when servers send, by their schedules, and listens while it knows of none',
  },
  /** A wake ends after this time at the latest. It ends earlier when there is nothing to receive. @default 5 min with `everyMs`, else no limit */
  forMs: {
    kind: WAKE_TIME,
    fileKey: 'for',
    file: 'A wake ends after this time at the latest, and earlier when there is nothing to receive. Default: 5min with every, else no limit',
  },
  /** Each wake comes earlier or later by a random time of at most this share of `everyMs`. @default 10 % */
  jitterRatio: {
    kind: JITTER,
    default: 0.1,
    fileKey: 'jitter',
    file: 'Each wake comes earlier or later by a random time, at most this share of every',
  },
  /** Receives at most about this many bytes in a wake, whole packets counted. @default no limit */
  budgetBytes: {
    kind: BUDGET,
    fileKey: 'budget',
    file: 'Receives at most about this much in a wake, whole packets counted. Default: no limit',
  },
} as const satisfies OptionTable;

const { fleet, key, contentKey, compatible, maxRateBitsPerSecond, caution, mode, patienceMs } = RECEIVER_OPTIONS;
const { fillAfterMs, fillRateBitsPerSecond } = RECEIVER_OPTIONS;
const { scope, port, hash, allowExpired, stateDir, wait } = RECEIVER_OPTIONS;

/**
 * The options of an agent, beside `subscribe` and `wake`, which have tables of their own. From an entry follow the types below, the check
 * of the call, the flag and variable of `layercast agent`, and the key of the agent file with its JSON Schema.
 */
export const AGENT_OPTIONS = {
  /** Name of the fleet, as in its fleet file. */
  fleet: { ...fleet, fileKey: 'fleet', file: 'Name of the fleet, as in its fleet file' },
  /** The fleet's Ed25519 public key (SPKI PEM, or a key object), or the text of its root file. */
  key,
  /** Path of the file with the content key, for encrypted objects whose subscription names no other. @default none */
  contentKey: {
    ...contentKey,
    help: 'content key of objects that are encrypted',
    file: 'Content key (64 hexadecimal digits), for encrypted objects whose subscription names no other. Default: none',
  },
  /** Classes of devices that this host belongs to: an object for other classes is refused. @default none */
  compatible,
  /** Interface to join on. @default the first that is up */
  interface: RECEIVER_OPTIONS.interface,
  /** Wait for the interface while it is missing or not ready. @default true */
  wait,
  /** `auto` follows the object's ladder, `best` takes one channel, `several` takes layers. @default auto */
  mode,
  /** Highest rate that all transfers together may join, counting whole IPv6 packets. @default no limit */
  maxRateBitsPerSecond: {
    ...maxRateBitsPerSecond,
    help: 'highest rate that all transfers together may join, such as 5Mbit',
    file: 'Highest rate that all transfers together may join, such as 10Mbit. Default: no limit',
  },
  /** How much the link may drop for speed: `low` on a link of this receiver's own, `high` on one that it shares. @default normal */
  caution,
  /** How long multicast alone has before URLs are asked; a random time of up to the same length is added. @default 20 s */
  fillAfterMs,
  /** Highest rate of what each transfer asks URLs for, bit/s. @default no limit */
  fillRateBitsPerSecond,
  /** A transfer that hears nothing for this long is tried again later. @default 30 s */
  patienceMs: {
    ...patienceMs,
    help: 'a transfer that hears nothing for this long is tried again later',
    file: 'A transfer that hears nothing for this long is tried again later',
  },
  /** Scope in which the fleet announces. @default site */
  scope,
  /** UDP port on which the fleet announces. @default 4242 */
  port,
  /** How the fleet derives groups from names. @default sha3-512 */
  hash,
  /** Folder for the agent's journal, the journals of files, and the versions completed. @default $XDG_STATE_HOME/layercast */
  stateDir: {
    ...stateDir,
    help: "folder for the agent's journal and the versions completed",
    file: 'Folder for the journal and the versions completed. Default: $XDG_STATE_HOME/layercast',
  },
  /** Accept a descriptor that is past its date. @default false */
  allowExpired,
  /** File in which the agent keeps its state as JSON, for others to read. @default none */
  statusFile: {
    kind: PATH,
    flag: '--status <file>',
    help: 'file in which the agent keeps its state as JSON, for others to read',
    file: 'File in which the agent keeps its state as JSON, for others to read, such as /run/layercast/status.json. Default: none',
  },
  /** Tries versions once more whose program failed. @default false */
  retry: { kind: TRUTH, default: false, flag: '--retry', help: 'try versions once more whose program failed' },
  /** Ends after one wake: when all that is announced has been received and taken over, or after the wake's `forMs` at the latest. @default false */
  once: { kind: TRUTH, default: false, flag: '--once', help: 'end after one wake, for timers' },
  /** Stops the agent when aborted; progress is kept. */
  signal: { kind: SIGNAL },
  /** Network to receive from. @default real sockets */
  network: { kind: NETWORK },
  /** Clock to go by. @default this host's clock */
  clock: { kind: CLOCK },
} as const satisfies OptionTable;

/** What an agent does with objects of one name or pattern. */
export interface Subscription extends OptionsOf<typeof SUBSCRIPTION_OPTIONS> {}

/** When an agent listens. */
export interface Wakes extends OptionsOf<typeof WAKE_OPTIONS> {}

/** Options of `createAgent`. */
export interface AgentOptions extends OptionsOf<typeof AGENT_OPTIONS> {
  /** The first subscription that fits an object counts; objects that no subscription fits are left alone. */
  readonly subscribe: readonly Subscription[];
  /** @default always awake */
  readonly wake?: Wakes | undefined;
  /** The broker where releases are heard and the state is told. @default none */
  readonly mqtt?: MqttChoice | undefined;
  /** What the agent says and hears by CoAP. @default nothing */
  readonly coap?: CoapChoice | undefined;
}

export type CheckedSubscription = CheckedOptionsOf<typeof SUBSCRIPTION_OPTIONS>;
export type CheckedWakes = CheckedOptionsOf<typeof WAKE_OPTIONS>;
export type CheckedFlatOptions = CheckedOptionsOf<typeof AGENT_OPTIONS>;

/** Hints, which every folder writes, name options by these names. */
declare module '../base/errors.js' {
  interface OptionNames extends Record<keyof typeof AGENT_OPTIONS, unknown> {}
}
