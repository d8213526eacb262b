import type { Field } from './field-kinds.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** JSON Schema (draft 7) of a field as it stands in a line. Units are part of descriptions: validators do not know "unit". */
export function fieldSchema(field: Field): JsonSchema {
  return { ...schemaOf(field), ...descriptionOf(field) };
}

function schemaOf(field: Field): JsonSchema {
  switch (field.form) {
    case 'text':
      return { type: 'string', maxLength: field.maxLength };
    case 'truth':
      return { type: 'boolean' };
    case 'choice':
      return { type: 'string', enum: field.words };
    case 'number':
      return {
        type: field.isWhole ? 'integer' : 'number',
        minimum: field.least,
        ...(field.most === Infinity ? {} : { maximum: field.most }),
      };
    case 'list':
      return { type: 'array', maxItems: field.maxLength, items: fieldSchema(field.entry) };
    case 'record': {
      const fields = Object.entries(field.fields);
      return {
        type: 'object',
        properties: Object.fromEntries(fields.map(([name, one]) => [name, fieldSchema(one)])),
        required: fields.filter(([, { form }]) => form !== 'optional' && form !== 'default').map(([name]) => name),
      };
    }
    case 'map':
      return {
        type: 'object',
        propertyNames: fieldSchema(field.key),
        additionalProperties: fieldSchema(field.value),
      };
    case 'optional':
    case 'default':
      return fieldSchema(field.field);
    case 'orNull':
      return { ...descriptionOf(field.field), anyOf: [fieldSchema(field.field), { type: 'null' }] };
  }
}

function descriptionOf({ description, unit }: Field): JsonSchema {
  if (description === undefined) return {};
  return { description: unit === undefined ? description : `${description} Unit: ${unit}.` };
}
