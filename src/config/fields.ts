import { z } from 'zod';
import { type Bounds, formOf, listOf, parseWithin, patternOf, type Quantity, rangeOf } from '../base/units.js';
import { suggestionFor } from './nearest-name.js';
import { choiceRule, faultText, isTextOf, lineRule, type Rule, type TextRule, TRUTH_RULE, wholeRule } from './rules.js';

/*
 * Kinds of value for settings files of any subject. The faults of each kind say what is wrong, what was found and what is allowed.
 * The input side of each kind can be written as JSON Schema, so that editors help.
 */

/** A path. A relative path starts from the folder of the file that has it. `-` is refused, because it would become a file of that name. */
export function path(description: string) {
  const error = says('not a path', 'a path; ./- is a file called "-"');
  return line('not a path')
    .refine((value) => value !== '-', error)
    .meta({ description: placed(description) });
}

/** A path, or `-` for standard input or output. */
export function pathOrStream(description: string) {
  return line('not a path').meta({ description: placed(description) });
}

function placed(description: string): string {
  return `${description}; a relative path starts from the folder of this file`;
}

export function text(description: string) {
  return line('not text').meta({ description });
}

/** A whole number between two bounds, both allowed. */
export function whole(min: number, max: number) {
  const error = saying(wholeRule(min, max));
  return z.int(error).min(min, error).max(max, error);
}

export function choice<const T extends readonly string[]>(words: T) {
  return z.enum(words, saying(choiceRule(words)));
}

export function truth() {
  return z.boolean(saying(TRUTH_RULE));
}

/** A quantity between two bounds in its base unit, both allowed. */
export function quantity(kind: Quantity, min: number, max: number) {
  return within({ quantity: kind, min, max });
}

/** A quantity as files write it, a number with its unit. The value is in the base unit. */
export function within(bounds: Bounds) {
  const error = says(`not ${bounds.quantity.name}`, `${formOf(bounds.quantity)}, from ${rangeOf(bounds)}`);
  return z
    .string(error)
    .regex(new RegExp(patternOf(bounds.quantity)), error)
    .refine((value) => parseWithin(bounds, value) !== undefined, error)
    .transform((value) => parseWithin(bounds, value) as number);
}

/** The error setting of a zod schema, in the form of a fault. */
export function says(wrong: string, allowed: string) {
  return saying({ wrong, allowed });
}

function saying(rule: Rule) {
  return { error: ({ input }: { readonly input?: unknown }) => faultText(rule, input) };
}

/**
 * A mapping whose keys are known. A fault names each unknown key, with those that are known and the one that was probably meant. The message of
 * `unrecognized_keys` has a line for each of the keys.
 *
 * @param what with the article, for messages: `a channel`
 */
export function mappingOf<const Shape extends z.core.$ZodShape>(what: string, shape: Shape) {
  const names = Object.keys(shape);
  const keys = listOf(names);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? (issue.keys as readonly string[]).map((key) => `allowed: ${keys}${suggestionFor(key, names)}`).join('\n')
        : says(`not ${what}`, `a mapping with ${keys}`).error(issue),
  });
}

/** Settings for `refine`: exactly one of two keys has to be given. The rule holds whatever else is wrong with the mapping. */
export function exactlyOneOf(a: string, b: string, wrong: string) {
  return {
    // Tells src/config/check.ts which names may be misspelt.
    params: { alternatives: [a, b] },
    when: ({ value }: { readonly value: unknown }) =>
      typeof value === 'object' && value !== null && !Array.isArray(value),
    error: ({ input }: { readonly input?: unknown }) => {
      const found = (input as Record<string, unknown>)[a] === undefined ? 'neither' : 'both';
      return `${wrong}, found ${found}, allowed: exactly one of ${a} and ${b}`;
    },
  };
}

/** One line of text that is not empty. */
export function line(wrong: string) {
  const rule = lineRule(wrong);
  return z.string(saying(rule)).regex(rule.pattern, saying(rule));
}

/** Text of a pattern and a length. */
export function name(rule: TextRule) {
  return z
    .string(saying(rule))
    .regex(rule.pattern, saying(rule))
    .refine((value) => isTextOf(rule, value), saying(rule));
}
