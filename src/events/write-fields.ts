import type { z } from 'zod';
import type { EventOf, FieldsOf } from './event-types.js';

/**
 * The fields of an event as JSON has them: those of the schema, in its order. What is undefined becomes null where the schema
 * has null, and is left out elsewhere. Values are not checked, because a line must never fail for a figure in it.
 */
export function writeFields<Schema extends z.ZodObject>(schema: Schema, event: EventOf<Schema>): FieldsOf<Schema> {
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const value = (event as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) fields[name] = value;
    else if (allowsNull(field)) fields[name] = null;
  }
  return fields as FieldsOf<Schema>;
}

function allowsNull(field: z.core.$ZodType): boolean {
  return (field as z.ZodType).safeParse(null).success;
}
