import { MAX_OBJECT_BYTES, MAX_SERVERS } from '../base/limits.js';
import type {
  ChoiceField,
  DefaultField,
  Field,
  FieldTable,
  ListField,
  MapField,
  NullField,
  NumberField,
  OptionalField,
  RecordField,
  TextField,
  TruthField,
} from './field-kinds.js';

/*
 * The fields that events have. Each has its unit and its bounds, and the text that reports a value that does not fit.
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
export function name(description: string): TextField {
  return { form: 'text', maxLength: MAX_NAME_LENGTH, description };
}

/** A sentence or more for people. */
export function message(description: string): TextField {
  return { form: 'text', maxLength: MAX_TEXT_LENGTH, description };
}

export function truth(description: string): TruthField {
  return { form: 'truth', description };
}

/** One word of a list that does not grow. */
export function choice<const Word extends string>(words: readonly Word[], description: string): ChoiceField<Word> {
  return { form: 'choice', words, description };
}

/** A whole number of things. */
export function count(description: string, unit?: string): NumberField {
  return whole(0, MAX_COUNT, description, unit);
}

/** A whole number between two bounds, both allowed. */
export function whole(least: number, most: number, description: string, unit?: string): NumberField {
  const fault = `is not a whole number from ${least} to ${most}`;
  return { form: 'number', isWhole: true, least, most, fault, ...described(description, unit) };
}

/** A number of bytes, at most those of the largest object. */
export function bytes(description: string): NumberField {
  return whole(0, MAX_OBJECT_BYTES, description, 'B');
}

/** Index of a channel in its ladder, from 0. */
export function channel(description = 'Index of the channel in the ladder, from 0.'): NumberField {
  return whole(0, MAX_LEVEL, description);
}

/** A level of the ladder, from 1; 0 is none. */
export function level(description: string): NumberField {
  return whole(0, MAX_LEVEL, description);
}

/** A moment or a time in whole milliseconds. */
export function wholeMs(description: string): NumberField {
  return whole(0, MAX_MS, description, 'ms');
}

/** A number of at least 0, with its unit. */
export function amount(unit: string, description: string): NumberField {
  return atLeast(0, description, unit);
}

/** A number of at least 0 whose name has its unit. */
export function plain(description: string): NumberField {
  return atLeast(0, description);
}

/** Bits per second of whole IPv6 packets. */
export function rate(description: string): NumberField {
  return amount('bit/s', description);
}

/** A share of something: 0 is nothing, 1 is all. */
export function ratio(description: string): NumberField {
  const fault = 'is not a number from 0 to 1';
  return { form: 'number', isWhole: false, least: 0, most: 1, fault, ...described(description, '0–1') };
}

/** Symbols received ÷ symbols of the object − 1. */
export function overhead(description: string): NumberField {
  return atLeast(-1, description);
}

/** A list of at most so many entries. */
export function list<Entry extends Field>(entry: Entry, most: number, description: string): ListField<Entry> {
  return { form: 'list', entry, maxLength: most, description };
}

/** One entry for each channel, or for each server. */
export function perChannel<Entry extends Field>(entry: Entry, description: string): ListField<Entry> {
  return list(entry, MAX_LEVEL + 1, description);
}
export function perServer<Entry extends Field>(entry: Entry, description: string): ListField<Entry> {
  return list(entry, MAX_SERVERS, description);
}

/** Fields that belong together. */
export function record<Fields extends FieldTable>(fields: Fields): RecordField<Fields> {
  return { form: 'record', fields };
}

/** An event: its fields, in the order in which they are printed, and when it happens. */
export function event<Fields extends FieldTable>(description: string, fields: Fields): RecordField<Fields> {
  return { form: 'record', fields, description };
}

/** Any names, each with a value of one kind. */
export function map<Value extends Field>(key: TextField, value: Value, description: string): MapField<Value> {
  return { form: 'map', key, value, description };
}

/** A field that may be missing. */
export function optional<Inner extends Field>(field: Inner): OptionalField<Inner> {
  return { form: 'optional', field };
}

/** A field that is null in JSON, and undefined in programs, while there is nothing to say. */
export function orNull<Inner extends Field>(field: Inner): NullField<Inner> {
  return { form: 'orNull', field };
}

/** A field for which a value stands where it is missing. */
export function withDefault<Inner extends Field, Value>(field: Inner, value: Value): DefaultField<Inner, Value> {
  return { form: 'default', field, value };
}

function atLeast(least: number, description: string, unit?: string): NumberField {
  const fault = `is not a number of at least ${least}`;
  return { form: 'number', isWhole: false, least, most: Infinity, fault, ...described(description, unit) };
}

function described(description: string, unit: string | undefined) {
  return unit === undefined ? { description } : { description, unit };
}
