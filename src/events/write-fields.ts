import type { EventOf, FieldsOf } from './event-types.js';
import type { RecordField } from './field-kinds.js';

/**
 * The fields of an event as JSON has them, in the order of its declaration. What is undefined becomes null where the declaration
 * has null, and is left out elsewhere. Values are not checked, because a line must never fail for a figure in it.
 */
export function writeFields<Event extends RecordField>(
  declared: Event,
  event: EventOf<Event>,
): FieldsOf<Event> & object {
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(declared.fields)) {
    const value = (event as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) fields[name] = value;
    else if (field.form === 'orNull') fields[name] = null;
  }
  return fields as FieldsOf<Event> & object;
}
