import { z } from 'zod';
import { MAX_OBJECT_BYTES, MAX_SERVERS } from '../base/limits.js';

/*
 * The kinds of field that events have. Each has its unit and its bounds, and the text that reports a value that does not fit.
 * A schema has two sides: its input is the JSON line, its output is what programs of this library get.
 */

/** Longest name, address or hash: longer than any in use. */
const MAX_NAME_LENGTH = 1000;
/** Longest message, reason or hint. A message may list all faults of a file; a whole line has at most 1 MiB. */
const MAX_TEXT_LENGTH = 100_000;
/** Longest time, some thirty years: no program runs for longer, and numbers of this size are exact. */
const MAX_MS = 1e12;
/** Largest count, version or size: numbers are exact up to here. */
const MAX_COUNT = Number.MAX_SAFE_INTEGER;
/** Highest level and channel index: more than this version has, so that logs of later versions can be read. */
export const MAX_LEVEL = 255;

/** A name, an address, a hash or a word from a list that may grow. */
export function name(description: string) {
  return z.string('is not a text').max(MAX_NAME_LENGTH, 'is too long').meta({ description });
}

/** A sentence or more for people. */
export function message(description: string) {
  return z.string('is not a text').max(MAX_TEXT_LENGTH, 'is too long').meta({ description });
}

export function truth(description: string) {
  return z.boolean('is neither true nor false').meta({ description });
}

/** One word of a list that does not grow. */
export function choice<const Words extends readonly string[]>(words: Words, description: string) {
  return z.enum(words, `is none of ${words.join(', ')}`).meta({ description });
}

/** A whole number of things. */
export function count(description: string, unit?: string) {
  return whole(0, MAX_COUNT, description, unit);
}

/** A whole number between two bounds, both allowed. */
export function whole(least: number, most: number, description: string, unit?: string) {
  const fault = `is not a whole number from ${least} to ${most}`;
  return z.int(fault).min(least, fault).max(most, fault).meta(described(description, unit));
}

/** A number of bytes, at most those of the largest object. */
export function bytes(description: string) {
  return whole(0, MAX_OBJECT_BYTES, description, 'B');
}

/** Index of a channel in its ladder, from 0. */
export function channel(description = 'Index of the channel in the ladder, from 0.') {
  return whole(0, MAX_LEVEL, description);
}

/** A level of the ladder, from 1; 0 is none. */
export function level(description: string) {
  return whole(0, MAX_LEVEL, description);
}

/** A moment or a time in whole milliseconds. */
export function wholeMs(description: string) {
  return whole(0, MAX_MS, description, 'ms');
}

/** A number of at least 0, with its unit. */
export function amount(unit: string, description: string) {
  const fault = 'is not a number of at least 0';
  return z.number(fault).min(0, fault).meta(described(description, unit));
}

/** Bits per second of whole IPv6 packets. */
export function rate(description: string) {
  return amount('bit/s', description);
}

/** A share of something: 0 is nothing, 1 is all. */
export function ratio(description: string) {
  const fault = 'is not a number from 0 to 1';
  return z.number(fault).min(0, fault).max(1, fault).meta(described(description, '0–1'));
}

/** Symbols received ÷ symbols of the object − 1. */
export function overhead(description: string) {
  const fault = 'is not a number of at least -1';
  return z.number(fault).min(-1, fault).meta({ description });
}

/** A list of at most so many entries. */
export function list<Entry extends z.ZodType>(entry: Entry, most: number, description: string) {
  return z.array(entry, 'is not a list').max(most, `has more than ${most} entries`).readonly().meta({ description });
}

/** One entry for each channel, or for each server. */
export function perChannel<Entry extends z.ZodType>(entry: Entry, description: string) {
  return list(entry, MAX_LEVEL + 1, description);
}
export function perServer<Entry extends z.ZodType>(entry: Entry, description: string) {
  return list(entry, MAX_SERVERS, description);
}

/** Fields that belong together. */
export function record<const Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.object(shape, 'is not a JSON object').readonly();
}

/** A field that is null in JSON, and undefined in programs, while there is nothing to say. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return schema
    .nullable()
    .transform((value): z.output<Schema> | undefined => value ?? undefined)
    .meta(schema.meta() ?? {});
}

function described(description: string, unit: string | undefined) {
  return unit === undefined ? { description } : { description, unit };
}
