import { PATH, TRUTH, WAITING_TIME } from '../options/kinds.js';
import type { OptionTable } from '../options/option.js';
import { RECEIVER_OPTIONS } from '../options/receiver-options.js';

/* Options that only the command line has, declared as those of the library are. */

/** An option of `fetch` and `list`. */
export const RECEIVER_FILE = {
  config: { kind: PATH, flag: '--config <receiver.yaml>', help: 'file with settings; flags override it' },
} as const satisfies OptionTable;

/** An option of `agent`. */
export const AGENT_FILE = {
  config: { kind: PATH, flag: '--config <agent.yaml>', help: 'agent file; flags override it' },
} as const satisfies OptionTable;

/** An option of `gateway`. */
export const GATEWAY_FILE = {
  config: { kind: PATH, flag: '--config <gateway.yaml>', help: 'gateway file; flags override it' },
} as const satisfies OptionTable;

/** An option of `manager`. */
export const MANAGER_FILE = {
  config: { kind: PATH, flag: '--config <manager.yaml>', help: 'manager file; flags override it' },
} as const satisfies OptionTable;

/** Options of `fetch iotupd://…`. */
export const IOTUPD_OPTIONS = {
  sha256: {
    kind: { form: 'text', what: 'a SHA-256 in hexadecimal', example: 'what sha256sum prints' },
    flag: '--sha256 <hex>',
    help: 'of iotupd:// only: SHA-256 that the file must have',
  },
  insecure: {
    kind: TRUTH,
    default: false,
    flag: '--insecure',
    help: 'of iotupd:// only: take any file, though nobody vouches for it',
  },
} as const satisfies OptionTable;

const { key, scope, port, hash } = RECEIVER_OPTIONS;

export const LIST_OPTIONS = {
  key: { ...key, help: 'public key, or root file, to check signatures with' },
  /** The directory of all fleets goes round in three announce intervals, of 1 s unless a fleet says otherwise. */
  waitMs: { kind: WAITING_TIME, default: 5000, flag: '--wait <time>', help: 'listen for this long' },
  interface: RECEIVER_OPTIONS.interface,
  scope: { ...scope, help: 'scope to listen in' },
  port: { ...port, help: 'port to listen on' },
  hash: { ...hash, help: 'how fleets derive groups from names' },
} as const satisfies OptionTable;

/** What `doctor` reads: the file of a fleet, a receiver, an agent or a gateway. */
export const DOCTOR_FILE = {
  config: { kind: PATH, flag: '--config <file>', help: 'file, in place of the argument' },
} as const satisfies OptionTable;

export const DOCTOR_OPTIONS = {
  interface: { ...RECEIVER_OPTIONS.interface, help: 'interface to examine; by default the one that would be used' },
  output: { ...RECEIVER_OPTIONS.output, help: 'file that a fetch would write' },
  stateDir: { ...RECEIVER_OPTIONS.stateDir, help: 'state directory' },
  scope: { ...scope, help: 'scope to join in' },
  port: { ...port, help: 'port to join on' },
  waitMs: {
    kind: WAITING_TIME,
    flag: '--wait <time>',
    help: 'listen for MLD queries for this long; they come every 125 s',
  },
} as const satisfies OptionTable;

export const SIMULATE_OPTIONS = {
  seed: {
    kind: { form: 'whole', min: 0, max: 999_999_999 },
    flag: '--seed <n>',
    help: 'seed of everything random; by default that of the file',
  },
} as const satisfies OptionTable;

export const PLOT_OPTIONS = {
  width: {
    kind: { form: 'whole', min: 400, max: 4000 },
    flag: '--width <pixels>',
    help: 'from 400 to 4000; by default 900',
  },
} as const satisfies OptionTable;

export const CACHE_OPTIONS = {
  stateDir: { ...RECEIVER_OPTIONS.stateDir, help: 'state directory. Default: that of layercast serve and fetch' },
} as const satisfies OptionTable;

export const CLEAN_OPTIONS = {
  ...CACHE_OPTIONS,
  unusedForMs: {
    kind: WAITING_TIME,
    flag: '--unused-for <time>',
    help: 'only what was not used for this long, such as 30d',
  },
} as const satisfies OptionTable;
