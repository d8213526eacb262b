import type { EventTable, ReadEvent } from './event-types.js';
import { FieldFault, readField } from './read-field.js';
import { atMs } from './shared-fields.js';

/**
 * Makes a reader of parsed lines of JSON. It knows the events of the table, and of each its fields; other events and other fields are let
 * through, because logs may be of other versions. For the same reason give only the fields that you use, not all that there are.
 *
 * The reader never throws. It returns the event, or a text that says what is wrong with the line; undefined for an event that
 * is not in the table.
 */
export function lineReader<const Table extends EventTable>(
  table: Table,
): (line: unknown) => ReadEvent<Table> | string | undefined {
  return (line) => {
    if (typeof line !== 'object' || line === null || Array.isArray(line)) return 'not a JSON object';
    const name = (line as Readonly<Record<string, unknown>>).event;
    if (typeof name !== 'string') return 'no "event"';
    const event = Object.hasOwn(table, name) ? table[name] : undefined;
    if (event === undefined) return undefined;
    const read = readField({ form: 'record', fields: { ...event.fields, atMs } }, line);
    return read instanceof FieldFault
      ? `${name}: ${shown(read)}`
      : ({ event: name, ...(read as object) } as ReadEvent<Table>);
  };
}

/** `"channels[2].port" is not a whole number from 0 to 65535`. */
function shown({ path, text }: FieldFault): string {
  const [field, ...rest] = path;
  const within = rest.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`));
  return `"${field}${within.join('')}" ${text}`;
}
