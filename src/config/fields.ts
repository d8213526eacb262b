import { z } from 'zod';
import { MAX_CHANNELS } from '../base/limits.js';
import { GROUP_HASHES, SCOPES } from '../wire/address.js';
import { shown } from './faults.js';
import {
  type Bounds,
  formOf,
  listOf,
  parseQuantity,
  parseWithin,
  patternOf,
  type Quantity,
  RATIO,
  rangeOf,
  SIZE,
} from './units.js';

/*
 * The kinds of value that fleet and receiver files are made of. Each says its own faults: what is wrong, what was found,
 * what is allowed. Each can be written as JSON Schema from its input side, so that editors help.
 */

/** Names of objects; they never become paths. */
export const objectName = name(
  /^[^\p{Cc}\p{Cs}]+$/u,
  255,
  'not a name for an object',
  '1 to 255 bytes of text without control characters',
);

/** Names of fleets and servers, which people type and read in lists. */
export const plainName = name(
  /^[^\s/\p{Cc}\p{Cf}\p{Cs}]+$/u,
  63,
  'not a name',
  '1 to 63 bytes of text without spaces and /',
);

export const scope = choice(SCOPES);
export const groupHash = choice(GROUP_HASHES);
export const port = whole(1, 65_535);
export const hopLimit = whole(0, 255);
export const dscp = whole(0, 63);
export const channelIndex = whole(0, MAX_CHANNELS - 1);
export const threadCount = whole(1, 64);

/** Which of an object's channels, each once. */
export const channelIndexes = z
  .array(channelIndex, says('not a list of channel indexes', 'indexes such as [0, 1]'))
  .min(1, says('no channels', 'indexes such as [0, 1]'))
  .max(MAX_CHANNELS, says('too many channels', `at most ${MAX_CHANNELS} indexes`))
  // A channel named twice is one channel.
  .transform((indexes) => [...new Set(indexes)]);

/** How a receiver chooses channels: by itself, one that is complete, or as many of a layered ladder as fit. */
export const receiverMode = choice(['auto', 'best', 'several']);

/** A path, relative to the folder of the file that it stands in. */
export function path(description: string) {
  return line('not a path').meta({
    description: `${description}; a relative path starts from the folder of this file`,
  });
}

export function text(description: string) {
  return line('not text').meta({ description });
}

/** A whole number between two bounds, both allowed. */
export function whole(min: number, max: number) {
  const error = says('not a number in range', `a whole number from ${min} to ${max}`);
  return z.int(error).min(min, error).max(max, error);
}

export function choice<const T extends readonly string[]>(words: T) {
  return z.enum(words, says('not one of the choices', listOf(words)));
}

export function truth() {
  return z.boolean(says('neither true nor false', 'true or false'));
}

/** A quantity between two bounds in its base unit, both allowed. */
export function quantity(kind: Quantity, min: number, max: number) {
  return within({ quantity: kind, min, max });
}

/** A quantity as files write it, a number with its unit; the value is in the base unit. */
export function within(bounds: Bounds) {
  const error = says(`not ${bounds.quantity.name}`, `${formOf(bounds.quantity)}, from ${rangeOf(bounds)}`);
  return z
    .string(error)
    .regex(new RegExp(patternOf(bounds.quantity)), error)
    .refine((value) => parseWithin(bounds, value) !== undefined, error)
    .transform((value) => parseWithin(bounds, value) as number);
}

/**
 * A quantity as programs write it, a number that counts a unit.
 *
 * @param unit as in messages: `milliseconds`
 * @param factor of the unit, in the quantity's base unit
 */
export function numberWithin({ quantity, min, max }: Bounds, unit: string, factor = 1) {
  const error = says(`not ${quantity.name}`, `a number of ${unit} from ${min / factor} to ${max / factor}`);
  return z
    .number(error)
    .min(min / factor, error)
    .max(max / factor, error);
}

const offsetError = says(
  'not an offset',
  `a share from 0% to 100%, or a number and ${listOf(Object.keys(SIZE.units))}`,
);

/** Where a carousel starts: a share of the object, or bytes. Beyond the end it goes on from the beginning. */
export const startOffset = z
  .string(offsetError)
  .regex(new RegExp(patternOf(RATIO, SIZE)), offsetError)
  .refine((value) => (parseQuantity(RATIO, value) ?? 0) <= 1, offsetError)
  .transform((value) => {
    const ratio = parseQuantity(RATIO, value);
    return ratio === undefined ? { bytes: Math.floor(parseQuantity(SIZE, value) ?? 0) } : { ratio };
  });

/** The error setting of a zod schema, in the form of a fault. */
export function says(wrong: string, allowed: string) {
  return {
    error: ({ input }: { readonly input?: unknown }) =>
      input === undefined
        ? `missing, found nothing, allowed: ${allowed}`
        : `${wrong}, found ${shown(input)}, allowed: ${allowed}`,
  };
}

/** The error setting of a mapping whose keys are known: names each unknown key with those that are known. */
export function mapping(what: string, keys: () => readonly string[]) {
  return {
    error: (issue: { readonly code?: string; readonly input?: unknown }) =>
      issue.code === 'unrecognized_keys'
        ? `allowed: ${listOf(keys())}`
        : says(`not ${what}`, `a mapping with ${listOf(keys())}`).error(issue),
  };
}

/** Settings for `refine`: of these two exactly one has to be given, whatever else is wrong with the mapping. */
export function exactlyOneOf(a: string, b: string, wrong: string) {
  return {
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
  const error = says(wrong, 'text that is not empty, without control characters');
  return z.string(error).regex(/^[^\p{Cc}]+$/u, error);
}

function name(pattern: RegExp, maxBytes: number, wrong: string, allowed: string) {
  const error = says(wrong, allowed);
  return z
    .string(error)
    .regex(pattern, error)
    .refine((value) => Buffer.byteLength(value) <= maxBytes, error);
}
