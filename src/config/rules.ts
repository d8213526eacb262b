import { type Bounds, listOf } from '../base/units.js';
import { shown } from './faults.js';

/*
 * Rules for single values, as plain data: settings files and the options of programs go by the same ones, and a program's options are
 * checked without a schema.
 */

/** A rule in words: what is said of a value that breaks it, and what it allows. */
export interface Rule {
  readonly wrong: string;
  readonly allowed: string;
}

/** A rule for text, which one pattern and a length decide. */
export interface TextRule extends Rule {
  readonly pattern: RegExp;
  /** In UTF-8; undefined: no limit. */
  readonly maxBytes?: number;
}

export function wholeRule(min: number, max: number): Rule {
  return { wrong: 'not a number in range', allowed: `a whole number from ${min} to ${max}` };
}

export function choiceRule(words: readonly string[]): Rule {
  return { wrong: 'not one of the choices', allowed: listOf(words) };
}

export function choicesRule(words: readonly string[]): Rule {
  return { wrong: 'not a list of these words', allowed: `a list of ${listOf(words)}, which may be empty` };
}

export const TRUTH_RULE: Rule = { wrong: 'neither true nor false', allowed: 'true or false' };

/**
 * A number that counts a unit.
 *
 * @param unit as in messages: `milliseconds`
 * @param factor of the unit, in the quantity's base unit
 */
export function numberRule({ quantity, min, max }: Bounds, unit: string, factor: number): Rule {
  return { wrong: `not ${quantity.name}`, allowed: `a number of ${unit} from ${min / factor} to ${max / factor}` };
}

/** One line of text that is not empty. */
export function lineRule(wrong: string): TextRule {
  return { wrong, allowed: 'text that is not empty, without control characters', pattern: /^[^\p{Cc}]+$/u };
}

/** Text of a pattern and a length. */
export function nameRule(pattern: RegExp, maxBytes: number, wrong: string, allowed: string): TextRule {
  return { wrong, allowed: `1 to ${maxBytes} bytes of ${allowed}`, pattern, maxBytes };
}

export function isTextOf({ pattern, maxBytes = Infinity }: TextRule, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value) && Buffer.byteLength(value) <= maxBytes;
}

/** The text of a fault: what is wrong, what was found, what is allowed. */
export function faultText({ wrong, allowed }: Rule, found: unknown): string {
  if (found === undefined) return `missing, found nothing, allowed: ${allowed}`;
  return `${wrong}, found ${shown(found)}, allowed: ${allowed}`;
}
