import { z } from 'zod';
import type { EventTable } from './event-types.js';
import { fetchEvents } from './fetch-events.js';
import { listedObject } from './listed-object.js';
import { serveEvents } from './serve-events.js';
import { atMs } from './shared-fields.js';
import { simulateEvents } from './simulate-events.js';

/** The events of each command, by its name. */
export const EVENT_TABLES: Readonly<Record<string, EventTable>> = {
  fetch: fetchEvents,
  serve: serveEvents,
  simulate: simulateEvents,
};

/** JSON Schema (draft 7) of one line that a command prints with `--json`. Lines may have more fields than it names. */
export function eventsJsonSchema(): object {
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
          { description: `layercast ${command} --json`, anyOf: Object.values(lineSchemas(table)).map(asJsonSchema) },
        ]),
      ),
      list: asJsonSchema(listedObject),
    },
  };
}

/** Schemas of whole lines, with `event` and `atMs`. */
export function lineSchemas(table: EventTable): Readonly<Record<string, z.ZodObject>> {
  return Object.fromEntries(
    Object.entries(table).map(([name, schema]) => [
      name,
      z.object({ event: z.literal(name), atMs, ...schema.shape }).meta(schema.meta() ?? {}),
    ]),
  );
}

function asJsonSchema(schema: z.ZodObject): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    // Validators do not know "unit", and strict ones refuse it.
    override: ({ jsonSchema }) => {
      const { unit, description } = jsonSchema;
      if (unit !== undefined) jsonSchema.description = `${description} Unit: ${unit}.`;
      delete jsonSchema.unit;
      delete jsonSchema.readOnly;
    },
  });
  return rest;
}
