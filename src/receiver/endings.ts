import { asLayercastError, type Hint, LayercastError } from '../base/errors.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { FaultCounters } from './counters.js';
import type { CompleteEvent, ReceiverStats, WarningEvent } from './events.js';
import { messageOf } from './refusals.js';
import type { Finding } from './watch/findings.js';

/** Most different warnings of one run: a forger can cause any number of reasons that look genuine. */
const MAX_WARNINGS = 100;

/** Warnings of one run. Each is told once, and is kept: it may turn out to be the reason why the run ends. */
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
    case 'foreign':
      return FOREIGN_KEY;
    default:
      return undefined;
  }
}

/** The warning for a newer version that has been announced meanwhile. */
export function supersededBy({ version }: Descriptor): WarningEvent {
  return { code: 'SUPERSEDED', message: `version ${version} has taken the place of what was being received` };
}

/** The warning for a version that is sent in other pieces from now on. */
export function cutAnew({ version, symbolBytes, blockCount }: Descriptor): WarningEvent {
  const pieces = `symbols of ${symbolBytes} bytes in ${blockCount} block${blockCount === 1 ? '' : 's'}`;
  return {
    code: 'SUPERSEDED',
    message: `version ${version} is now sent as ${pieces}; receiving it from the beginning`,
  };
}

/** The warning for a record of the object that another key signed. */
const FOREIGN_KEY: WarningEvent = {
  code: 'FOREIGN_KEY',
  message: 'the object is announced with a signature of another key; check the key, unless a stranger announces it',
};

/** The warning where announcements arrive and data do not. */
export function noData(channels: readonly number[], packetBytes: number): WarningEvent {
  const where = channels.length === 1 ? `channel ${channels[0]}` : `channels ${channels.join(', ')}`;
  return {
    code: 'NO_DATA',
    message:
      `announcements arrive, but nothing on ${where}: usually a link on the way has an MTU below ${packetBytes} bytes, ` +
      'or a switch or firewall does not forward the group',
  };
}

/** The warning where even the lowest channel is faster than the user allows. */
export function rateBelowLadder(maxBitsPerSecond: number, lowestBitsPerSecond: number): WarningEvent {
  return {
    code: 'RATE_BELOW_LADDER',
    message:
      `at most ${Math.round(maxBitsPerSecond)} bit/s are allowed, but the lowest channel has ` +
      `${Math.round(lowestBitsPerSecond)} bit/s; joining that one`,
  };
}

/** How much of an object is there; undefined before its store is open. */
export interface Kept {
  readonly bytes: number;
  readonly totalBytes: number;
}

/** The final record of a run. @param path the file that was made; undefined where there is none. */
export function completed(
  descriptor: Descriptor,
  stats: ReceiverStats,
  elapsedUs: number,
  path: string | undefined,
): CompleteEvent {
  return {
    fleet: descriptor.fleet,
    object: descriptor.object,
    version: descriptor.version,
    bytes: descriptor.sizeBytes,
    sha256: Buffer.from(descriptor.sha256).toString('hex'),
    elapsedMs: Math.round(elapsedUs / 1000),
    ...(path === undefined ? {} : { path }),
    ...stats,
  };
}

export function outOfTime(timeoutUs: number, kept: Kept | undefined): LayercastError {
  return new LayercastError('TIMEOUT', `not complete after ${secondsText(timeoutUs)}; ${keptText(kept)}`, {
    hint: 'Fetch again to go on from here',
  });
}

/** A server sent before and sends nothing any more. */
export function fellSilent(what: string, limitUs: number, kept: Kept | undefined, refusal: unknown): LayercastError {
  const why = refusal === undefined ? '' : ` (${messageOf(refusal)})`;
  return new LayercastError(
    'NOBODY_SENDING',
    `nothing heard of ${what} for ${secondsText(limitUs)}${why}; ${keptText(kept)}`,
    { hint: 'Fetch again when a server sends', cause: refusal },
  );
}

/** Somebody stopped the receiver. */
export function aborted(signal: AbortSignal, kept: Kept | undefined): LayercastError {
  const error = asLayercastError(signal.reason, signal);
  if (error === signal.reason) return error;
  return new LayercastError('ABORTED', `${error.message}; ${keptText(kept)}`, { cause: signal.reason });
}

function keptText(kept: Kept | undefined): string {
  if (kept === undefined) return 'progress is kept';
  return `progress is kept: ${megabytes(kept.bytes)} of ${megabytes(kept.totalBytes)} MB`;
}

/** A size in MB with three significant digits, or as a whole number from 1000 MB on. */
function megabytes(bytes: number): string {
  return String(Number((bytes / 1e6).toPrecision(Math.max(3, String(Math.round(bytes / 1e6)).length))));
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
  return new LayercastError('NOBODY_SENDING', `nobody announced ${what} within ${secondsText(limitUs)}`, {
    hint: (say) =>
      `See what is announced with "layercast list", and try another ${say('interface')} or ${say('scope')}`,
  });
}

const REMEDIES = {
  VERSION_REFUSED: (say) => `Publish a higher version, or accept this one with ${say('allowRollback')}`,
  EXPIRED: (say) => `Sign the object anew, check the clock of this host, or accept it with ${say('allowExpired')}`,
  UNSUPPORTED: 'Bring layercast on this host up to date',
} as const satisfies Readonly<Record<string, Hint>>;

/** To a tenth: times that are left over from others have digits that say nothing. */
function secondsText(us: number): string {
  return `${Number((us / 1e6).toFixed(1))} s`;
}
