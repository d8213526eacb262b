import { z } from 'zod';
import type { EventTable, ReadEvent } from './event-types.js';
import { atMs } from './shared-fields.js';

/**
 * Makes a reader of parsed lines of JSON. It knows the events of the table, and of each the fields of its schema; other events
 * and other fields are let through, because logs may be of other versions. For the same reason give schemas of the fields that you use,
 * not of all that there are: `progress.pick({ level: true })`.
 *
 * The reader never throws. It returns the event, or a text that says what is wrong with the line; undefined for an event that
 * is not in the table.
 */
export function lineReader<const Table extends EventTable>(
  table: Table,
): (line: unknown) => ReadEvent<Table> | string | undefined {
  const schemas = new Map(
    Object.entries(table).map(([name, schema]) => [name, schema.extend({ event: z.literal(name), atMs })]),
  );
  return (line) => {
    if (typeof line !== 'object' || line === null || Array.isArray(line)) return 'not a JSON object';
    const name = (line as Readonly<Record<string, unknown>>).event;
    if (typeof name !== 'string') return 'no "event"';
    const read = schemas.get(name)?.safeParse(line);
    if (read === undefined || read.success) return read?.data as ReadEvent<Table> | undefined;
    return `${name}: ${faultOf(read.error)}`;
  };
}

/** The first fault: `"channels[2].port" is not a whole number from 0 to 65535`. */
function faultOf({ issues }: z.ZodError): string {
  const { path, message } = issues[0]!;
  const [field, ...rest] = path;
  const within = rest.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return `"${String(field)}${within.join('')}" ${message}`;
}
