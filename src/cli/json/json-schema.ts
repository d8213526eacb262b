import { toJSONSchema, type ZodType } from 'zod';
import { LayercastError } from '../../base/errors.js';
import type { SCHEMA_KINDS } from '../words.js';

/** Makers of schemas, by the names that `config schema` takes. Each loads only the modules that it needs. */
const SCHEMAS = {
  async fleet() {
    const { fleetSchema } = await import('../../fleet/fleet-schema.js');
    return inputOf(fleetSchema);
  },
  async receiver() {
    const { receiverSchema } = await import('../../options/receiver-file.js');
    return inputOf(receiverSchema);
  },
  async agent() {
    const { agentSchema } = await import('../../options/agent-file.js');
    return inputOf(agentSchema);
  },
  async gateway() {
    const { gatewaySchema } = await import('../../options/gateway-file.js');
    return inputOf(gatewaySchema);
  },
  async manager() {
    const { managerSchema } = await import('../../options/manager-file.js');
    return inputOf(managerSchema);
  },
  async scenario() {
    const { scenarioJsonSchema } = await import('../../scenario/scenario-schema.js');
    return scenarioJsonSchema();
  },
  async events() {
    const { eventsJsonSchema } = await import('../../events/events-schema.js');
    return eventsJsonSchema();
  },
} as const satisfies Readonly<Record<(typeof SCHEMA_KINDS)[number], () => Promise<object>>>;

/**
 * JSON Schema (draft 7, which every editor knows) of what may be written in a file of this kind, or of a line of `--json`.
 *
 * @throws {LayercastError} `USAGE` for another name.
 */
export async function jsonSchemaOf(kind: string): Promise<object> {
  if (Object.hasOwn(SCHEMAS, kind)) return SCHEMAS[kind as keyof typeof SCHEMAS]();
  throw new LayercastError('USAGE', `no schema is called "${kind}"`, {
    hint: 'fleet, receiver, agent, gateway, manager, scenario or events',
  });
}

function inputOf(schema: ZodType): object {
  return toJSONSchema(schema, { target: 'draft-7', io: 'input' });
}
