import { CACHE_SIZE, CLOCK, INTERFACE_NAME, NETWORK, PATH, SERVER_NAME, SIGNAL, THREAD_COUNT, TRUTH } from './kinds.js';
import type { CheckedOptionsOf, OptionsOf, OptionTable } from './option.js';

/**
 * The options of a sender. To add one, add an entry here and use the option where it matters, in create-sender.ts. From the entry
 * follow the types below, the check of the call, the flag of `layercast serve` with its help, the environment variable, and the
 * name that hints use.
 */
export const SENDER_OPTIONS = {
  /** Path of the fleet file; read again by `reload`. */
  config: { kind: PATH, isRequired: true, flag: '--config <fleet.yaml>', help: 'fleet file' },
  /** Which server of the fleet this host is. @default the only one, or the one with this host's name or address */
  host: {
    kind: SERVER_NAME,
    flag: '--host <name>',
    help: "server of the fleet to be; by default the only one, or the one with this host's name or address",
  },
  /** Interface to send on. @default the server's or the fleet's, else the first that is up */
  interface: {
    kind: INTERFACE_NAME,
    flag: '--interface <if>',
    help: 'interface to send on; by default as the fleet file says, else the first that is up',
  },
  /** Where digests, intermediate symbols and copies of what is sent are kept. @default $XDG_STATE_HOME/layercast */
  stateDir: { kind: PATH, flag: '--state <dir>', help: 'where digests and intermediate symbols of files are kept' },
  /** Most bytes of intermediate symbols kept there; those unused for the longest time go first. @default 32 GB */
  cacheBytes: {
    kind: CACHE_SIZE,
    default: 32e9,
    flag: '--cache <size>',
    help: 'most room for intermediate symbols',
  },
  /** Most bytes of copies kept there: archives of folders, and what comes from a pipe. @default 32 GB */
  spoolBytes: {
    kind: CACHE_SIZE,
    default: 32e9,
    flag: '--spool <size>',
    help: 'most room for archives of folders and for what comes from a pipe',
  },
  /** Threads that encode at once. @default 2, or 1 on one processor or for blocks larger than 12 MB */
  threadCount: {
    kind: THREAD_COUNT,
    flag: '--threads <n>',
    help: 'threads that encode at once; by default 2, or 1 for blocks larger than 12 MB',
  },
  /** Wait for the interface while it is missing or not ready. @default true */
  wait: {
    kind: TRUTH,
    default: true,
    flag: '--no-wait',
    help: 'end when the interface is missing, instead of waiting',
  },
  /** Reject `done` when nothing is left to send, instead of waiting for a reload. @default false */
  exitWhenIdle: {
    kind: TRUTH,
    default: false,
    flag: '--exit-when-idle',
    help: 'end with exit code 1 when no object can be sent any more, instead of waiting for a reload',
  },
  /** Stops the sender when aborted. */
  signal: { kind: SIGNAL },
  /** Network to send to. @default real sockets */
  network: { kind: NETWORK },
  /** Clock to go by. @default this host's clock */
  clock: { kind: CLOCK },
} as const satisfies OptionTable;

/** Options of `createSender`. */
export interface SenderOptions extends OptionsOf<typeof SENDER_OPTIONS> {}

/** Options after all checks, with defaults filled in. */
export type CheckedSenderOptions = CheckedOptionsOf<typeof SENDER_OPTIONS>;

/** Hints, which every folder writes, name options by these names. */
declare module '../base/errors.js' {
  interface OptionNames extends Record<keyof typeof SENDER_OPTIONS, unknown> {}
}
