import { KeyObject } from 'node:crypto';
import { MAX_CHANNELS, MAX_CLASSES, MAX_FILL_URLS, MAX_PREFIXES, MAX_SEEDS } from '../base/limits.js';
import { parseCoapUrl } from '../coap/coap-url.js';
import {
  choiceRule,
  choicesRule,
  faultText,
  isTextOf,
  lineRule,
  numberRule,
  type Rule,
  type TextRule,
  TRUTH_RULE,
  wholeRule,
} from '../config/rules.js';
import { CLASS_RULE, OBJECT_NAME_RULE, PLAIN_NAME_RULE } from '../fleet/names.js';
import { isPrefix } from '../net/address-list.js';
import type { Form, KindOf } from './kinds.js';
import type { OptionFault } from './options-error.js';

/**
 * What is wrong with the value that a program gives for an option; nothing for a value of the option's kind.
 *
 * @param option its name
 */
export function faultsOfValue<F extends Form>(kind: KindOf<F>, option: string, value: unknown): readonly OptionFault[] {
  return (CHECKS[kind.form as F] as Check<F>)(kind, value).map(({ entry, text }) => ({
    option: entry === undefined ? option : `${option}.${entry}`,
    text,
  }));
}

/** A copy of the value of an option that has no faults, as the call uses it. In a list of names, one that is given twice counts once. */
export function tidied({ form }: { readonly form: Form }, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return form === 'command' ? [...value] : [...new Set(value)];
}

/** Words of a command: more than any updater takes. */
const MAX_ARGUMENTS = 100;
export const COMMAND_RULE: Rule = {
  wrong: 'not a command',
  allowed: `a list of 1 to ${MAX_ARGUMENTS} texts, such as [rauc, install, '{file}']`,
};

/** A fault of a value, or of one entry of a list. */
interface ValueFault {
  readonly entry?: number;
  readonly text: string;
}

type Check<F extends Form> = (kind: KindOf<F>, value: unknown) => readonly ValueFault[];

const PATH_RULE = lineRule('not a path');
const OUTPUT_RULE: Rule = {
  wrong: 'not an output',
  allowed: "a path, or one of { file }, { dir }, { device } with a path, or { pipe: ['program', 'argument', …] }",
};
const SIGNAL_RULE: Rule = { wrong: 'not a signal', allowed: 'an AbortSignal' };
const NETWORK_RULE: Rule = { wrong: 'not a network', allowed: 'an object with the functions openSender and join' };
const CLOCK_RULE: Rule = { wrong: 'not a clock', allowed: 'an object with the functions nowUs, wallUs and schedule' };
const KEY_RULE: Rule = { wrong: 'not a key', allowed: 'the text of a PEM file as a string or Buffer, or a KeyObject' };

const CHECKS: { readonly [F in Form]: Check<F> } = {
  whole: ({ min, max }, value) => unless(isWhole(value, min, max), wholeRule(min, max), value),
  choice: ({ words }, value) => unless(words.includes(value as string), choiceRule(words), value),
  choices: ({ words }, value) => {
    const isRight = Array.isArray(value) && value.every((word) => words.includes(word as string));
    return unless(isRight, choicesRule(words), value);
  },
  quantity({ bounds, unit, unitFactor }, value) {
    const [min, max] = [bounds.min / unitFactor, bounds.max / unitFactor];
    const isWithin = typeof value === 'number' && value >= min && value <= max;
    return unless(isWithin, numberRule(bounds, unit, unitFactor), value);
  },
  truth: (_, value) => unless(typeof value === 'boolean', TRUTH_RULE, value),
  text: ({ what }, value) => faultsOfText(lineRule(`not ${what}`), value),
  name: (_, value) => faultsOfText(PLAIN_NAME_RULE, value),
  objectName: (_, value) => faultsOfText(OBJECT_NAME_RULE, value),
  path: (_, value) => faultsOfText(PATH_RULE, value),
  paths: (_, value) => faultsOfPaths(value),
  urls: (_, value) => faultsOfUrls(value),
  prefixes: (_, value) => faultsOfPrefixes(value),
  output: (_, value) => unless(isOutput(value), OUTPUT_RULE, value),
  target: (_, value) => unless(isOutput(value) && value !== '-', OUTPUT_RULE, value),
  key: (_, value) => unless(isPemOrKey(value), KEY_RULE, value),
  channels: (_, value) => faultsOfChannels(value),
  classes: (_, value) => faultsOfClasses(value),
  command: (_, value) => unless(isCommand(value), COMMAND_RULE, value),
  signal(_, value) {
    const isSignal = hasFunctions(value, ['addEventListener', 'removeEventListener']) && 'aborted' in (value as object);
    return unless(isSignal, SIGNAL_RULE, value);
  },
  network(_, value) {
    const isNetwork = hasFunctions(value, ['openSender', 'join']) && isFunctionOrNothing(value, 'dropped');
    return unless(isNetwork, NETWORK_RULE, value);
  },
  clock: (_, value) => unless(hasFunctions(value, ['nowUs', 'wallUs', 'schedule']), CLOCK_RULE, value),
};

/** As in messages: what a list of addresses and prefixes is. */
export const PREFIXES_ALLOWED = `1 to ${MAX_PREFIXES} addresses or prefixes, such as ["fd00::/8", "192.0.2.1"]`;

/** A program with its arguments, of which only the program may not be empty. */
export function isCommand(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_ARGUMENTS || value[0] === '') return false;
  return value.length > 0 && value.every((word) => typeof word === 'string' && !word.includes('\0'));
}

/** PEM text or a key object. `publicKeyFrom` checks whether it is a key, and of which kind. */
export function isPemOrKey(value: unknown): value is string | Buffer | KeyObject {
  if (typeof value === 'string') return value !== '';
  return value instanceof Uint8Array || value instanceof KeyObject;
}

/** Exactly one way to say where an object goes. */
function isOutput(value: unknown): boolean {
  if (isTextOf(PATH_RULE, value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { pipe, timeoutMs, ...paths } = value as Readonly<Record<string, unknown>>;
  const named = Object.entries(paths);
  if (pipe === undefined) {
    const [entry] = named;
    const isPlace =
      entry !== undefined && ['file', 'dir', 'device'].includes(entry[0]) && isTextOf(PATH_RULE, entry[1]);
    return isPlace && named.length === 1 && timeoutMs === undefined;
  }
  const isCommand = Array.isArray(pipe) && pipe.length > 0 && pipe[0] !== '' && pipe.every(isArgument);
  const isTime =
    timeoutMs === undefined || (typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= 2 ** 31 - 1);
  return named.length === 0 && isCommand && isTime;
}

/** The system ends an argument at its first null character. */
function isArgument(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0');
}

function unless(isRight: boolean, rule: Rule, value: unknown): readonly ValueFault[] {
  return isRight ? [] : [{ text: faultText(rule, value) }];
}

function faultsOfText(rule: TextRule, value: unknown): readonly ValueFault[] {
  return unless(isTextOf(rule, value), rule, value);
}

function faultsOfChannels(value: unknown): readonly ValueFault[] {
  const examples = 'indexes such as [0, 1]';
  if (!Array.isArray(value)) return unless(false, { wrong: 'not a list of channel indexes', allowed: examples }, value);
  if (value.length === 0) return unless(false, { wrong: 'no channels', allowed: examples }, value);
  if (value.length > MAX_CHANNELS) {
    return unless(false, { wrong: 'too many channels', allowed: `at most ${MAX_CHANNELS} indexes` }, value);
  }
  const last = MAX_CHANNELS - 1;
  return value.flatMap((index: unknown, entry) =>
    isWhole(index, 0, last) ? [] : [{ entry, text: faultText(wholeRule(0, last), index) }],
  );
}

function faultsOfClasses(value: unknown): readonly ValueFault[] {
  const allowed = `1 to ${MAX_CLASSES} classes such as ['acme/gateway-2']`;
  if (!Array.isArray(value)) return unless(false, { wrong: 'not a list of classes', allowed }, value);
  if (value.length === 0) return unless(false, { wrong: 'no classes', allowed }, value);
  if (value.length > MAX_CLASSES) return unless(false, { wrong: 'too many classes', allowed }, value);
  return value.flatMap((one: unknown, entry) =>
    isTextOf(CLASS_RULE, one) ? [] : [{ entry, text: faultText(CLASS_RULE, one) }],
  );
}

function faultsOfPaths(value: unknown): readonly ValueFault[] {
  const allowed = `1 to ${MAX_SEEDS} paths`;
  if (!Array.isArray(value)) return unless(false, { wrong: 'not a list of paths', allowed }, value);
  if (value.length === 0) return unless(false, { wrong: 'no paths', allowed }, value);
  if (value.length > MAX_SEEDS) return unless(false, { wrong: 'too many paths', allowed }, value);
  return value.flatMap((one: unknown, entry) =>
    isTextOf(PATH_RULE, one) ? [] : [{ entry, text: faultText(PATH_RULE, one) }],
  );
}

function faultsOfPrefixes(value: unknown): readonly ValueFault[] {
  const allowed = PREFIXES_ALLOWED;
  if (!Array.isArray(value)) return unless(false, { wrong: 'not a list of addresses', allowed }, value);
  if (value.length === 0) return unless(false, { wrong: 'no addresses', allowed }, value);
  if (value.length > MAX_PREFIXES) return unless(false, { wrong: 'too many addresses', allowed }, value);
  const rule = { wrong: 'neither an address nor a prefix', allowed };
  return value.flatMap((one: unknown, entry) =>
    typeof one === 'string' && isPrefix(one) ? [] : [{ entry, text: faultText(rule, one) }],
  );
}

function faultsOfUrls(value: unknown): readonly ValueFault[] {
  const allowed = `1 to ${MAX_FILL_URLS} URLs such as ['https://updates.example/firmware.img']`;
  if (!Array.isArray(value)) return unless(false, { wrong: 'not a list of URLs', allowed }, value);
  if (value.length === 0) return unless(false, { wrong: 'no URLs', allowed }, value);
  if (value.length > MAX_FILL_URLS) return unless(false, { wrong: 'too many URLs', allowed }, value);
  return value.flatMap((one: unknown, entry) =>
    isFillUrl(one)
      ? []
      : [
          {
            entry,
            text: faultText({ wrong: 'not a URL of the web or of CoAP', allowed: 'http:, https: or coap:' }, one),
          },
        ],
  );
}

/** Whether a value is a URL of which parts can be asked for. */
export function isFillUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  return /^https?:$/.test(new URL(value).protocol) || parseCoapUrl(value) !== undefined;
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

function hasFunctions(value: unknown, functions: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return functions.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

function isFunctionOrNothing(value: unknown, name: string): boolean {
  const found = (value as Record<string, unknown>)[name];
  return found === undefined || typeof found === 'function';
}
