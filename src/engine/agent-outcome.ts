import type { AgentEnd } from '../agent/agent-plan.js';
import { LayercastError } from '../base/errors.js';

/** Codes that say that what arrived is not what was signed, or is refused: they go before others. */
const INTEGRITY_CODES = [
  'RECORD_INVALID',
  'VERSION_REFUSED',
  'EXPIRED',
  'ROLE_REFUSED',
  'INCOMPATIBLE',
  'ENCRYPTED',
  'TREE_INVALID',
];

/** Why an agent that ran once did not do everything; undefined if it did. */
export function errorOfOnce({ hasHeard, unfinished, errors }: AgentEnd, fleet: string): LayercastError | undefined {
  const integrity = errors.find(({ code }) => INTEGRITY_CODES.includes(code));
  if (integrity !== undefined) return integrity;
  if (unfinished.length > 0) {
    const why = errors.length === 0 ? '' : ` (${errors[0]!.message})`;
    return new LayercastError('TIMEOUT', `not finished: ${unfinished.join(', ')}${why}; progress is kept`, {
      hint: 'Run the agent again to go on from here',
    });
  }
  if (errors[0] !== undefined) return errors[0];
  if (hasHeard) return undefined;
  return new LayercastError('NOBODY_SENDING', `nobody announced anything of fleet ${fleet} to this device`, {
    hint: (say) =>
      `See what is announced with "layercast list", and try another ${say('interface')} or ${say('scope')}`,
  });
}
