import { z } from 'zod';
import { fleetSchema } from '../../fleet/fleet-schema.js';
import { receiverSchema } from '../../options/receiver-file.js';

export type ConfigKind = 'fleet' | 'receiver';

/** JSON Schema (draft 7, which every editor knows) of what may be written in a file of this kind. */
export function jsonSchemaOf(kind: ConfigKind): object {
  return z.toJSONSchema(kind === 'fleet' ? fleetSchema : receiverSchema, { target: 'draft-7', io: 'input' });
}
