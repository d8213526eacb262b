import { agentEvents } from './agent-events.js';
import { doctorEvents } from './doctor-events.js';
import type { EventTable } from './event-types.js';
import { fetchEvents } from './fetch-events.js';
import { fieldSchema, type JsonSchema } from './field-schema.js';
import { gatewayEvents } from './gateway-events.js';
import { iotupdEvents } from './iotupd-events.js';
import { listedObject } from './listed-object.js';
import { serveEvents } from './serve-events.js';
import { atMs } from './shared-fields.js';
import { simulateEvents } from './simulate-events.js';

/** The events of each command, by its name; `iotupd` is `fetch` from a server of iotupd. */
export const EVENT_TABLES: Readonly<Record<string, EventTable>> = {
  fetch: fetchEvents,
  agent: agentEvents,
  gateway: gatewayEvents,
  iotupd: iotupdEvents,
  serve: serveEvents,
  simulate: simulateEvents,
  doctor: doctorEvents,
};

/** JSON Schema (draft 7) of one line that a command prints with `--json`. Lines may have more fields than it names. */
export function eventsJsonSchema(): JsonSchema {
  const commands = [...Object.keys(EVENT_TABLES), 'list'];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'layercast events',
    description: 'One line that layercast prints with --json',
    anyOf: commands.map((command) => ({ $ref: `#/definitions/${command}` })),
    definitions: {
      ...Object.fromEntries(
        Object.entries(EVENT_TABLES).map(([command, table]) => [
          command,
          {
            description: `layercast ${command === 'iotupd' ? 'fetch iotupd://…' : command} --json`,
            anyOf: lineSchemas(table),
          },
        ]),
      ),
      list: fieldSchema(listedObject),
    },
  };
}

/** Schemas of whole lines, with `event` and `atMs`. */
function lineSchemas(table: EventTable): readonly JsonSchema[] {
  return Object.entries(table).map(([name, event]) => {
    const { properties, required, ...others } = fieldSchema({ ...event, fields: { atMs, ...event.fields } });
    return {
      ...others,
      properties: { event: { type: 'string', const: name }, ...(properties as JsonSchema) },
      required: ['event', ...(required as readonly string[])],
    };
  });
}
