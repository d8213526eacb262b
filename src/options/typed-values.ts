import { resolve } from 'node:path';
import { MAX_CHANNELS, MAX_CLASSES, MAX_FILL_URLS, MAX_NAME_BYTES, MAX_PREFIXES, MAX_SEEDS } from '../base/limits.js';
import { formOf, listOf, parseWithin, rangeOf } from '../base/units.js';
import { isTextOf, lineRule } from '../config/rules.js';
import { CLASS_RULE } from '../fleet/names.js';
import { isPrefix } from '../net/address-list.js';
import type { Form, KindOf } from './kinds.js';
import { isFillUrl } from './program-values.js';

/** How a kind of value is typed, as a flag or in the environment. */
export interface TypedForm {
  /** The value as programs give it; undefined for a text that is not such a value. */
  parse(text: string): unknown;
  /** As in messages: what may be typed. */
  readonly allowed: string;
}

/** @throws {Error} for what nobody can type: a command, a signal, a network, a clock */
export function typedFormOf<F extends Form>(kind: KindOf<F>): TypedForm {
  return (TYPED[kind.form as F] as (kind: KindOf<F>) => TypedForm)(kind);
}

const LINE = lineRule('not a path');

const TYPED: { readonly [F in Form]: (kind: KindOf<F>) => TypedForm } = {
  whole: ({ min, max }) => ({
    parse: (text) => wholeNumber(text, min, max),
    allowed: `a whole number from ${min} to ${max}`,
  }),
  choice: ({ words }) => ({ parse: (text) => words.find((word) => word === text), allowed: listOf(words) }),
  choices: ({ words }) => ({
    parse(text) {
      const found = text.split(/[\s,]+/).filter((word) => word !== '');
      return found.every((word) => words.includes(word)) ? [...new Set(found)] : undefined;
    },
    allowed: `${listOf(words)}, with commas between`,
  }),
  quantity({ bounds, unitFactor, typedUnit }) {
    const allowed = `${formOf(bounds.quantity)}, from ${rangeOf(bounds)}`;
    return {
      parse(text) {
        const isBare = typedUnit !== undefined && /^\d{1,9}$/.test(text);
        const value = parseWithin(bounds, isBare ? `${text}${typedUnit.symbol}` : text);
        return value === undefined ? undefined : value / unitFactor;
      },
      allowed: typedUnit === undefined ? allowed : `${typedUnit.name}, or ${allowed}`,
    };
  },
  truth: () => ({ parse: (text) => ({ true: true, false: false })[text], allowed: 'true or false' }),
  text: ({ what, example }) => ({ parse: notEmpty, allowed: `${what}, such as ${example}` }),
  name: ({ what }) => ({ parse: notEmpty, allowed: what }),
  objectName: ({ what }) => ({ parse: notEmpty, allowed: what }),
  // A typed path starts from the working directory: the user of a shell means it so.
  path: () => ({
    parse: (text) => (text === '' || text === '-' ? undefined : resolve(text)),
    allowed: 'a path; ./- is a file called "-"',
  }),
  // A path may have any character but a newline here, so a newline separates two.
  paths: () => ({
    parse(text) {
      const paths = text.split('\n').filter((path) => path !== '');
      return paths.length > 0 && paths.length <= MAX_SEEDS
        ? [...new Set(paths.map((path) => resolve(path)))]
        : undefined;
    },
    allowed: `1 to ${MAX_SEEDS} paths`,
  }),
  urls: () => ({
    parse(text) {
      const urls = text.split(/[\s,]+/).filter((url) => url !== '');
      const isRight = urls.length > 0 && urls.length <= MAX_FILL_URLS && urls.every(isFillUrl);
      return isRight ? [...new Set(urls)] : undefined;
    },
    allowed: `1 to ${MAX_FILL_URLS} URLs with commas between, such as https://updates.example/firmware.img`,
  }),
  prefixes: () => ({
    parse(text) {
      const prefixes = text.split(/[\s,]+/).filter((prefix) => prefix !== '');
      const isRight = prefixes.length > 0 && prefixes.length <= MAX_PREFIXES && prefixes.every(isPrefix);
      return isRight ? [...new Set(prefixes)] : undefined;
    },
    allowed: `1 to ${MAX_PREFIXES} addresses or prefixes with commas between, such as fd00::/8`,
  }),
  key: () => TYPED.path({ form: 'path' }),
  output: () => ({ parse: (text) => (isTextOf(LINE, text) ? text : undefined), allowed: `a path: ${LINE.allowed}` }),
  channels: () => ({
    parse(text) {
      const indexes = text.split(',').flatMap(rangeIn);
      return indexes.every((index) => index !== undefined) ? [...new Set(indexes)] : undefined;
    },
    allowed: `channel indexes from 0 to ${MAX_CHANNELS - 1} with commas between, such as 0,1,2 or 0-12`,
  }),
  classes: () => ({
    parse(text) {
      const classes = text.split(/\s+/).filter((word) => word !== '');
      const isRight = classes.length > 0 && classes.length <= MAX_CLASSES;
      return isRight && classes.every((one) => isTextOf(CLASS_RULE, one)) ? [...new Set(classes)] : undefined;
    },
    allowed: `1 to ${MAX_CLASSES} classes of at most ${MAX_NAME_BYTES} bytes, such as acme/gateway-2`,
  }),
  command: notTyped,
  target: notTyped,
  signal: notTyped,
  network: notTyped,
  clock: notTyped,
};

function notEmpty(text: string): string | undefined {
  return text || undefined;
}

function wholeNumber(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

/** The channel indexes of `3`, `0-12` or `0–12`; undefined in the place of what is no index. */
function rangeIn(item: string): readonly (number | undefined)[] {
  const [first, last] = item.split(/[-–]/).map((end) => wholeNumber(end, 0, MAX_CHANNELS - 1));
  if (!/[-–]/.test(item)) return [first];
  if (first === undefined || last === undefined || last < first || /[-–].*[-–]/.test(item)) return [undefined];
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function notTyped({ form }: { readonly form: string }): never {
  throw new Error(`a ${form} cannot be typed`);
}
