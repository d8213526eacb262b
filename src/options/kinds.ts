import type { KeyObject } from 'node:crypto';
import { MAX_PORT } from '../base/limits.js';
import type { Clock, Network } from '../base/ports.js';
import { type Bounds, DURATION, RATE, SIZE } from '../base/units.js';
import { RECEIVER_MODES, type ReceiverMode } from '../fleet/fleet.js';
import { CAUTIONS, type Caution } from '../rate/rules.js';
import { GROUP_HASHES, type GroupHash, SCOPES, type Scope } from '../wire/group-options.js';
import type { OutputTarget } from './output-target.js';

/*
 * The kinds of value that options have: plain data, so that a command's help needs no checker. Three files read them:
 * program-values.ts for programs, typed-values.ts for flags and the environment, file-values.ts for YAML.
 */

/** A whole number between two bounds, both allowed. */
export interface WholeKind {
  readonly form: 'whole';
  readonly min: number;
  readonly max: number;
}

export interface ChoiceKind<Word extends string = string> {
  readonly form: 'choice';
  readonly words: readonly Word[];
}

/** Several of some words, each at most once; an empty list is allowed. */
export interface ChoicesKind<Word extends string = string> {
  readonly form: 'choices';
  readonly words: readonly Word[];
}

/** A quantity between two bounds: programs give a number that counts `unit`, people write a number with its unit. */
export interface QuantityKind {
  readonly form: 'quantity';
  readonly bounds: Bounds;
  /** As in messages: `milliseconds`. */
  readonly unit: string;
  /** One `unit` in the quantity's base unit. */
  readonly unitFactor: number;
  /** The unit of a number that is typed without one. */
  readonly typedUnit?: { readonly name: string; readonly symbol: string };
}

/** One line of text, such as `example`. */
export interface TextKind {
  readonly form: 'text';
  /** As in messages: `the name of a network interface`. */
  readonly what: string;
  readonly example: string;
}

/** The name of a fleet or server, or of an object. */
export interface NameKind<Form extends 'name' | 'objectName'> {
  readonly form: Form;
  readonly what: string;
}

/** A kind without bounds or words: true or false, a path, a public key, channel indexes, objects that only a program has. */
export interface PlainKind<Form extends keyof PlainValues> {
  readonly form: Form;
}

interface PlainValues {
  readonly truth: boolean;
  readonly path: string;
  readonly paths: readonly string[];
  readonly urls: readonly string[];
  readonly prefixes: readonly string[];
  readonly output: OutputTarget;
  readonly target: OutputTarget;
  readonly key: string | Buffer | KeyObject;
  readonly channels: readonly number[];
  readonly classes: readonly string[];
  readonly command: readonly string[];
  readonly signal: AbortSignal;
  readonly network: Network;
  readonly clock: Clock;
}

export type Kind =
  | WholeKind
  | ChoiceKind
  | ChoicesKind
  | QuantityKind
  | TextKind
  | NameKind<'name'>
  | NameKind<'objectName'>
  | { readonly [Form in keyof PlainValues]: PlainKind<Form> }[keyof PlainValues];

export type Form = Kind['form'];
export type KindOf<F extends Form> = Extract<Kind, { readonly form: F }>;

/** The type of the value that a program gives. */
export type ValueOf<K extends Kind> =
  K extends ChoiceKind<infer Word>
    ? Word
    : K extends ChoicesKind<infer Word>
      ? readonly Word[]
      : K extends WholeKind | QuantityKind
        ? number
        : K extends PlainKind<infer Form>
          ? PlainValues[Form]
          : string;

/** The type of the value from flags, variables and files: the same, except that a key and an output are given by their paths. */
export type WrittenValueOf<K extends Kind> = K extends PlainKind<'key' | 'output'> ? string : ValueOf<K>;

export const FLEET_NAME: NameKind<'name'> = { form: 'name', what: 'the name of a fleet' };
export const OBJECT_NAME: NameKind<'objectName'> = { form: 'objectName', what: 'the name of an object' };
export const SERVER_NAME: NameKind<'name'> = { form: 'name', what: 'the name of a server of the fleet' };
export const DOMAIN_NAME: TextKind = { form: 'text', what: 'the name of a domain', example: 'acme.example' };
export const INTERFACE_NAME: TextKind = { form: 'text', what: 'the name of a network interface', example: 'eth0' };
export const TRUTH: PlainKind<'truth'> = { form: 'truth' };
export const PATH: PlainKind<'path'> = { form: 'path' };

/** Where an object goes. A typed path keeps "-" and a slash at its end, which have their own meaning. */
export const OUTPUT: PlainKind<'output'> = { form: 'output' };

/** An output that files, too, write with its kind: a path, or `{ pipe: [program, argument, …] }`. */
export const OUTPUT_TARGET: PlainKind<'target'> = { form: 'target' };

/** A program gives PEM text or a key object; people name the file. */
export const PUBLIC_KEY: PlainKind<'key'> = { form: 'key' };

export const CHANNEL_INDEXES: PlainKind<'channels'> = { form: 'channels' };
export const FILL_URLS: PlainKind<'urls'> = { form: 'urls' };
export const SEED_PATHS: PlainKind<'paths'> = { form: 'paths' };
/** Addresses and prefixes of addresses. */
export const PREFIXES: PlainKind<'prefixes'> = { form: 'prefixes' };
export const DEVICE_CLASSES: PlainKind<'classes'> = { form: 'classes' };
/** A program with its arguments; no shell reads them. */
export const COMMAND: PlainKind<'command'> = { form: 'command' };
export const SIGNAL: PlainKind<'signal'> = { form: 'signal' };
export const NETWORK: PlainKind<'network'> = { form: 'network' };
export const CLOCK: PlainKind<'clock'> = { form: 'clock' };
export const SCOPE: ChoiceKind<Scope> = { form: 'choice', words: SCOPES };
export const GROUP_HASH: ChoiceKind<GroupHash> = { form: 'choice', words: GROUP_HASHES };
export const RECEIVER_MODE: ChoiceKind<ReceiverMode> = { form: 'choice', words: RECEIVER_MODES };
export const CAUTION: ChoiceKind<Caution> = { form: 'choice', words: CAUTIONS };
export const PORT: WholeKind = { form: 'whole', min: 1, max: MAX_PORT };
export const THREAD_COUNT: WholeKind = { form: 'whole', min: 1, max: 64 };

/** Limit of the joined rate. Its bounds: less than the lowest channel of any ladder, and more than any host receives yet. */
export const JOINED_RATE: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: RATE, min: 1e3, max: 100e9 },
  unit: 'bit/s',
  unitFactor: 1,
};

/** How long a command works or waits. */
export const WAITING_TIME: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: DURATION, min: 1e3, max: 365 * 86_400e6 },
  unit: 'milliseconds',
  unitFactor: 1000,
  typedUnit: { name: 'seconds', symbol: 's' },
};

/** Largest size of all intermediate symbols on disk. */
export const CACHE_SIZE: QuantityKind = {
  form: 'quantity',
  bounds: { quantity: SIZE, min: 1, max: 1e15 },
  unit: 'bytes',
  unitFactor: 1,
};
