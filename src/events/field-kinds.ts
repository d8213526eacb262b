/*
 * The kinds of field that events have: plain data, so that printing and reading a line needs no schema. Three files read them:
 * write-fields.ts prints, read-field.ts reads, events-schema.ts makes JSON Schema.
 */

/** What a field means. */
interface Described {
  readonly description?: string;
  /** Unit of a number: `ms`. */
  readonly unit?: string;
}

export interface TextField extends Described {
  readonly form: 'text';
  /** In UTF-16 units. */
  readonly maxLength: number;
}

export interface TruthField extends Described {
  readonly form: 'truth';
}

/** One word of a list. */
export interface ChoiceField<Word extends string = string> extends Described {
  readonly form: 'choice';
  readonly words: readonly Word[];
}

/** A number between two bounds, both allowed; an infinite bound is none. */
export interface NumberField extends Described {
  readonly form: 'number';
  readonly isWhole: boolean;
  readonly least: number;
  readonly most: number;
  /** What is said of another value: `is not a number from 0 to 1`. */
  readonly fault: string;
}

export interface ListField<Entry extends Field = Field> extends Described {
  readonly form: 'list';
  readonly entry: Entry;
  readonly maxLength: number;
}

/** Fields that belong together, by their names; a whole event too. */
export interface RecordField<Fields extends FieldTable = FieldTable> extends Described {
  readonly form: 'record';
  readonly fields: Fields;
}

/** Any names, each with a value of the same kind. */
export interface MapField<Value extends Field = Field> extends Described {
  readonly form: 'map';
  readonly key: TextField;
  readonly value: Value;
}

/** A field that may be missing. */
export interface OptionalField<Inner extends Field = Field> extends Described {
  readonly form: 'optional';
  readonly field: Inner;
}

/** A field that is null in JSON, and undefined in programs, while there is nothing to say. */
export interface NullField<Inner extends Field = Field> extends Described {
  readonly form: 'orNull';
  readonly field: Inner;
}

/** A field with a value that stands for it where it is missing. */
export interface DefaultField<Inner extends Field = Field, Value = unknown> extends Described {
  readonly form: 'default';
  readonly field: Inner;
  readonly value: Value;
}

export type Field =
  | TextField
  | TruthField
  | ChoiceField
  | NumberField
  | ListField
  | RecordField
  | MapField
  | OptionalField
  | NullField
  | DefaultField;

export type FieldTable = { readonly [name: string]: Field };
