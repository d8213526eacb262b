import type { z } from 'zod';

/** Schemas of events by their names: `fetchEvents`, `serveEvents`, `simulateEvents`. */
export type EventTable = Readonly<Record<string, z.ZodObject>>;

/** An event as programs of this library get it: what is null in JSON is undefined here. */
export type EventOf<Schema extends z.ZodObject> = Readonly<z.output<Schema>>;

/** The fields of an event as they stand in a line of JSON. */
export type FieldsOf<Schema extends z.ZodObject> = Readonly<z.input<Schema>>;

/** A part of an event as it stands in a line of JSON. */
export type PartOf<Schema extends z.ZodType> = Readonly<z.input<Schema>>;

/** A line of JSON, as an object. */
export type LineOf<Table extends EventTable, Name extends keyof Table = keyof Table> = {
  readonly [N in Name]: { readonly event: N; readonly atMs: number } & FieldsOf<Table[N]>;
}[Name];

/** An event that was read from a line of JSON. */
export type ReadEvent<Table extends EventTable> = {
  readonly [N in keyof Table]: { readonly event: N; readonly atMs: number } & EventOf<Table[N]>;
}[keyof Table];
