import type { EventTable } from '../../dist/events/event-types.js';
import { EVENT_TABLES } from '../../dist/events/events-schema.js';
import type { Field, RecordField } from '../../dist/events/field-kinds.js';
import { listedObject } from '../../dist/events/listed-object.js';

/** The page with its tables made anew: each stands between `<!-- COMMAND -->` and `<!-- end -->`. */
export function withTables(page: string): string {
  return page.replace(
    /<!-- (fetch|iotupd|agent|gateway|serve|simulate|doctor|list) -->\n[\s\S]*?<!-- end -->/g,
    (_, command: string) => {
      // Of a gateway's events, the page has those that an agent has not.
      const known = command === 'gateway' ? EVENT_TABLES.agent! : {};
      const events: EventTable = command === 'list' ? { '': listedObject } : EVENT_TABLES[command]!;
      const own = Object.entries(events).filter(([event]) => !(event in known));
      const tables = own.map(([event, declared]) => tableOf(event, declared));
      return `<!-- ${command} -->\n\n${tables.join('\n')}\n<!-- end -->`;
    },
  );
}

function tableOf(event: string, { description, fields }: RecordField): string {
  const rows = Object.entries(fields).flatMap(([name, field]) => rowsOf(name, field, field.form !== 'optional'));
  const heading = event === '' ? [] : [`**\`${event}\`** ${description}`, ''];
  return [...heading, '| field | value | meaning |', '|---|---|---|', ...rows, ''].join('\n');
}

function rowsOf(name: string, field: Field, isAlwaysThere: boolean): readonly string[] {
  const { description = '', unit } = described(field);
  const value = [kindOf(field), ...(unit === undefined ? [] : [unit]), ...(isAlwaysThere ? [] : ['may be missing'])];
  const row = `| \`${name}\` | ${value.join(', ')} | ${description} |`;
  const whole = inner(field);
  const part = whole.form === 'list' ? whole.entry : whole;
  if (part.form !== 'record') return [row];
  const prefix = `${name}${whole.form === 'list' ? '[]' : ''}`;
  return [row, ...Object.entries(part.fields).flatMap(([key, one]) => rowsOf(`${prefix}.${key}`, one, true))];
}

/** The field that has the description. */
function described(field: Field): Field {
  return field.description === undefined && 'field' in field ? described(field.field) : field;
}

/** Without what says that it may be null or missing. */
function inner(field: Field): Field {
  return 'field' in field ? inner(field.field) : field;
}

const KINDS: Readonly<Record<string, string>> = {
  number: 'number',
  text: 'text',
  choice: 'text',
  truth: 'true or false',
  list: 'list',
  record: 'object',
  map: 'object',
};

function kindOf(field: Field): string {
  const kind = nameOf(inner(field));
  return field.form === 'orNull' ? `${kind} or null` : kind;
}

function nameOf(field: Field): string {
  if (field.form === 'number' && field.isWhole) return 'whole number';
  if (field.form === 'list' && field.entry.form !== 'record') return `list of ${nameOf(field.entry)}s`;
  return KINDS[field.form]!;
}
