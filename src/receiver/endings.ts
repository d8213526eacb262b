import { type Hint, LayercastError } from '../errors.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { FaultCounters } from './counters.js';
import type { ReceiverStats, WarningEvent } from './events.js';
import type { Finding } from './findings.js';

/** Different warnings told in one run; a forger may cause any number of genuine-looking reasons. */
const MAX_WARNINGS = 100;

/** What should be told once, and is asked for again when it turns out to be why nothing came of it. */
export class Warnings {
  readonly #told = new Map<string, WarningEvent>();
  readonly #tell: (event: WarningEvent) => void;

  constructor(tell: (event: WarningEvent) => void) {
    this.#tell = tell;
  }

  warn(event: WarningEvent): void {
    const key = `${event.code} ${event.message}`;
    if (this.#told.has(key) || this.#told.size >= MAX_WARNINGS) return;
    this.#told.set(key, event);
    this.#tell(event);
  }

  first(code: WarningEvent['code']): WarningEvent | undefined {
    return [...this.#told.values()].find((event) => event.code === code);
  }
}

/** The warning for a descriptor that cannot be used; undefined where there is nothing to warn of. */
export function warningFor({ kind, descriptor }: Finding): WarningEvent | undefined {
  const version = `version ${descriptor.version}`;
  switch (kind) {
    case 'rollback':
      return { code: 'VERSION_REFUSED', message: `${version} is older than what was completed here before` };
    case 'expired':
      return {
        code: 'EXPIRED',
        message: `${version} expired at ${new Date(descriptor.expiresS! * 1000).toISOString()}`,
      };
    case 'conflict':
      return {
        code: 'CONFLICT',
        message: `${version} has been signed for two different files; going on with the first heard`,
      };
    case 'unsupported':
      return { code: 'UNSUPPORTED', message: `${version} is sent in a way that this program does not speak` };
    default:
      return undefined;
  }
}

/** The warning for a newer version that has been announced meanwhile. */
export function supersededBy({ version }: Descriptor): WarningEvent {
  return { code: 'SUPERSEDED', message: `version ${version} has taken the place of what was being received` };
}

export function outOfTime(timeoutUs: number): LayercastError {
  return new LayercastError('TIMEOUT', `not complete after ${timeoutUs / 1e6} s; progress is kept`, {
    hint: 'Fetch again to go on from here',
  });
}

/** A server was there and is no more. */
export function fellSilent(what: string, limitUs: number): LayercastError {
  return new LayercastError('NOBODY_SENDING', `nothing heard of ${what} for ${limitUs / 1e6} s; progress is kept`, {
    hint: 'Fetch again when a server sends',
  });
}

/** Why there was never anything to receive: nobody spoke, or nobody who may. */
export function neverFound(what: string, limitUs: number, warnings: Warnings, faults: FaultCounters): LayercastError {
  for (const code of ['VERSION_REFUSED', 'EXPIRED', 'UNSUPPORTED'] as const) {
    const warning = warnings.first(code);
    if (warning === undefined) continue;
    return new LayercastError(code === 'UNSUPPORTED' ? 'RECORD_INVALID' : code, `${what}: ${warning.message}`, {
      hint: REMEDIES[code],
    });
  }
  if (faults.get('signature') > 0) {
    return new LayercastError('RECORD_INVALID', `${what}: what is announced was not signed by this key`, {
      hint: (say) => `Check that ${say('key')} is the public key of this fleet`,
    });
  }
  return new LayercastError('NOBODY_SENDING', `nobody announced ${what} within ${limitUs / 1e6} s`, {
    hint: (say) =>
      `See what is announced with "layercast list", and try another ${say('interface')} or ${say('scope')}`,
  });
}

/** The final counts of a run that found everything in its place. */
export function nothingReceived(sizeBytes: number, faults: FaultCounters): ReceiverStats {
  return {
    datagrams: 0,
    payloadBytes: 0,
    duplicateBytes: 0,
    lostDatagrams: 0,
    invalidDatagrams: faults.total,
    invalid: faults.byReason(),
    droppedDatagrams: 0,
    rejectedBlocks: 0,
    overhead: 0,
    resumedBytes: sizeBytes,
    servers: [],
    channels: [],
  };
}

const REMEDIES = {
  VERSION_REFUSED: (say) => `Publish a higher version, or accept this one with ${say('allowRollback')}`,
  EXPIRED: (say) => `Sign the object anew, check the clock of this host, or accept it with ${say('allowExpired')}`,
  UNSUPPORTED: 'Bring layercast on this host up to date',
} as const satisfies Readonly<Record<string, Hint>>;
