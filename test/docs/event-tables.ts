import { z } from 'zod';
import { EVENT_TABLES, lineSchemas } from '../../dist/events/events-schema.js';
import { listedObject } from '../../dist/events/listed-object.js';

type Schema = z.core.JSONSchema.BaseSchema & { readonly unit?: string };

/** The page with its tables made anew: each stands between `<!-- COMMAND -->` and `<!-- end -->`. */
export function withTables(page: string): string {
  return page.replace(/<!-- (fetch|serve|simulate|list) -->\n[\s\S]*?<!-- end -->/g, (_, command: string) => {
    const schemas = command === 'list' ? { '': listedObject } : lineSchemas(EVENT_TABLES[command]!);
    const tables = Object.entries(schemas).map(([event, schema]) => tableOf(event, schema));
    return `<!-- ${command} -->\n\n${tables.join('\n')}\n<!-- end -->`;
  });
}

function tableOf(event: string, schema: z.ZodObject): string {
  const { description, properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as Schema;
  const rows = Object.entries(properties as Readonly<Record<string, Schema>>)
    .filter(([field]) => field !== 'event' && field !== 'atMs')
    .flatMap(([field, value]) => rowsOf(field, value, required.includes(field)));
  const heading = event === '' ? [] : [`**\`${event}\`** ${description}`, ''];
  return [...heading, '| field | value | meaning |', '|---|---|---|', ...rows, ''].join('\n');
}

function rowsOf(field: string, schema: Schema, isAlwaysThere: boolean): readonly string[] {
  const { description = '', unit } = schema;
  const value = [kindOf(schema), ...(unit === undefined ? [] : [unit]), ...(isAlwaysThere ? [] : ['may be missing'])];
  const row = `| \`${field}\` | ${value.join(', ')} | ${description} |`;
  const object = objectIn(schema);
  if (object?.properties === undefined) return [row];
  const list = inner(schema).type === 'array';
  const nested = Object.entries(object.properties as Readonly<Record<string, Schema>>);
  return [row, ...nested.flatMap(([key, part]) => rowsOf(`${field}${list ? '[]' : ''}.${key}`, part, true))];
}

/** Without `null`. */
function inner(schema: Schema): Schema {
  return (schema.anyOf?.find((one) => (one as Schema).type !== 'null') as Schema | undefined) ?? schema;
}

function objectIn(schema: Schema): Schema | undefined {
  const { type, items } = inner(schema);
  return type === 'array' ? (items as Schema) : inner(schema);
}

const KINDS: Readonly<Record<string, string>> = {
  integer: 'whole number',
  number: 'number',
  string: 'text',
  boolean: 'true or false',
  array: 'list',
  object: 'object',
};

function kindOf(schema: Schema): string {
  const { type, items } = inner(schema);
  const entry = type === 'array' ? (items as Schema).type : undefined;
  const kind = entry === undefined || entry === 'object' ? KINDS[String(type)]! : `list of ${KINDS[String(entry)]}s`;
  return schema.anyOf === undefined ? kind : `${kind} or null`;
}
