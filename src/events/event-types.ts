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

/** Events by their names: `fetchEvents`, `serveEvents`, `simulateEvents`. */
export type EventTable = { readonly [name: string]: RecordField };

/** An event as programs of this library get it: what is null in JSON is undefined here. */
export type EventOf<Event extends RecordField> = ValueOf<Event, undefined>;

/** The fields of an event as they stand in a line of JSON. */
export type FieldsOf<Event extends RecordField> = ValueOf<Event, null>;

/** A part of an event as it stands in a line of JSON. */
export type PartOf<Part extends RecordField> = ValueOf<Part, null>;

/** A line of JSON, as an object. */
export type LineOf<Table extends EventTable, Name extends keyof Table = keyof Table> = {
  readonly [N in Name]: { readonly event: N; readonly atMs: number } & FieldsOf<Table[N]>;
}[Name];

/** An event that was read from a line of JSON. */
export type ReadEvent<Table extends EventTable> = {
  readonly [N in keyof Table]: { readonly event: N; readonly atMs: number } & EventOf<Table[N]>;
}[keyof Table];

/** The value of a field. @template Nothing what stands for nothing: null in JSON, undefined in programs */
type ValueOf<F extends Field, Nothing extends null | undefined> = Field extends F
  ? // Of any field at all; without this the type would have no end.
    unknown
  : F extends TextField
    ? string
    : F extends TruthField
      ? boolean
      : F extends NumberField
        ? number
        : F extends ChoiceField<infer Word>
          ? Word
          : F extends ListField<infer Entry>
            ? readonly ValueOf<Entry, Nothing>[]
            : F extends RecordField<infer Fields>
              ? RecordOf<Fields, Nothing>
              : F extends MapField<infer Value>
                ? Readonly<Record<string, ValueOf<Value, Nothing>>>
                : F extends NullField<infer Inner>
                  ? ValueOf<Inner, Nothing> | Nothing
                  : F extends OptionalField<infer Inner>
                    ? ValueOf<Inner, Nothing> | undefined
                    : F extends DefaultField<infer Inner>
                      ? ValueOf<Inner, Nothing>
                      : never;

type RecordOf<Fields extends FieldTable, Nothing extends null | undefined> = Flat<
  { readonly [K in keyof Fields as Fields[K] extends OptionalField ? never : K]: ValueOf<Fields[K], Nothing> } & {
    readonly [K in keyof Fields as Fields[K] extends OptionalField ? K : never]?: ValueOf<Fields[K], Nothing>;
  }
>;

/** One object type, as editors show it. */
type Flat<T> = { readonly [K in keyof T]: T[K] };
