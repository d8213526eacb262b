import type { Field } from './field-kinds.js';

/** Why a value is not that of a field, and where in it. */
export class FieldFault {
  /** From the field inwards: names of fields and indexes of entries. */
  readonly path: readonly (string | number)[];
  readonly text: string;

  constructor(text: string, path: readonly (string | number)[] = []) {
    this.text = text;
    this.path = path;
  }

  within(key: string | number): FieldFault {
    return new FieldFault(this.text, [key, ...this.path]);
  }
}

/** The value of a field as programs get it, or the first fault. What the field does not know is left out. */
export function readField(field: Field, value: unknown): unknown {
  switch (field.form) {
    case 'text':
      if (typeof value !== 'string') return new FieldFault('is not a text');
      return value.length <= field.maxLength ? value : new FieldFault('is too long');
    case 'truth':
      return typeof value === 'boolean' ? value : new FieldFault('is neither true nor false');
    case 'choice':
      if (field.words.includes(value as string)) return value;
      return new FieldFault(`is none of ${field.words.join(', ')}`);
    case 'number': {
      const isNumber = field.isWhole ? Number.isSafeInteger(value) : Number.isFinite(value);
      const isWithin = isNumber && (value as number) >= field.least && (value as number) <= field.most;
      return isWithin ? value : new FieldFault(field.fault);
    }
    case 'list':
      if (!Array.isArray(value)) return new FieldFault('is not a list');
      if (value.length > field.maxLength) return new FieldFault(`has more than ${field.maxLength} entries`);
      return readEntries(field.entry, value);
    case 'record':
      return isObject(value) ? readRecord(field.fields, value) : new FieldFault('is not a JSON object');
    case 'map':
      return isObject(value) ? readMap(field.key, field.value, value) : new FieldFault('is not a JSON object');
    case 'optional':
      return value === undefined ? undefined : readField(field.field, value);
    case 'orNull':
      return value === null ? undefined : readField(field.field, value);
    case 'default':
      return value === undefined ? field.value : readField(field.field, value);
  }
}

function readEntries(entry: Field, values: readonly unknown[]): readonly unknown[] | FieldFault {
  const read: unknown[] = [];
  for (const [index, value] of values.entries()) {
    const one = readField(entry, value);
    if (one instanceof FieldFault) return one.within(index);
    read.push(one);
  }
  return read;
}

function readRecord(
  fields: Readonly<Record<string, Field>>,
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | FieldFault {
  const read: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    const one = readField(field, value);
    if (one instanceof FieldFault) return one.within(name);
    if (value !== undefined || one !== undefined) read[name] = one;
  }
  return read;
}

function readMap(
  keys: Field,
  field: Field,
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | FieldFault {
  const read: [string, unknown][] = [];
  for (const [key, value] of Object.entries(values)) {
    const one = readField(keys, key) instanceof FieldFault ? new FieldFault('is too long') : readField(field, value);
    if (one instanceof FieldFault) return one.within(key);
    read.push([key, one]);
  }
  // A key may be `__proto__`, which an assignment would not make a field.
  return Object.fromEntries(read);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
