import { asLayercastError, type Hint, LayercastError } from '../base/errors.js';
import { formatQuantity, SIZE } from '../base/units.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { FaultCounters } from './counters.js';
import type { CompleteEvent, ReceiverStats, WarningEvent } from './events.js';
import { messageOf } from './refusals.js';
import type { Warnings } from './warnings.js';

/** How much of an object the receiver has. */
export interface Kept {
  readonly bytes: number;
  readonly totalBytes: number;
}

/** The final record of a run. @param path the file that the run made; undefined if there is none. */
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

/** The error of a run that is not complete when its time is over. */
export function outOfTime(timeoutUs: number, kept: Kept | undefined): LayercastError {
  return new LayercastError('TIMEOUT', `not complete after ${secondsText(timeoutUs)}; ${keptText(kept)}`, {
    hint: 'Fetch again to continue from here',
  });
}

/**
 * The error of a run that heard a server before and hears none any more.
 *
 * @param left the warning for a server from which nothing is taken any more
 */
export function fellSilent(
  what: string,
  limitUs: number,
  kept: Kept | undefined,
  refusal: unknown,
  left: WarningEvent | undefined,
): LayercastError {
  const why = left?.message ?? (refusal === undefined ? undefined : messageOf(refusal));
  const heard = left === undefined ? 'nothing' : 'nothing else';
  return new LayercastError(
    'NOBODY_SENDING',
    `${heard} heard of ${what} for ${secondsText(limitUs)}${why === undefined ? '' : ` (${why})`}; ${keptText(kept)}`,
    { hint: left === undefined ? 'Fetch again when a server is sending' : REMEDIES.SERVER_LEFT, cause: refusal },
  );
}

/** The error of a run that its user or its caller stopped. */
export function aborted(signal: AbortSignal, kept: Kept | undefined): LayercastError {
  const error = asLayercastError(signal.reason, signal);
  if (error === signal.reason) return error;
  return new LayercastError('ABORTED', `${error.message}; ${keptText(kept)}`, { cause: signal.reason });
}

function keptText(kept: Kept | undefined): string {
  if (kept === undefined) return 'progress is kept';
  return `progress is kept: ${formatQuantity(SIZE, kept.bytes)} of ${formatQuantity(SIZE, kept.totalBytes)}`;
}

/** The error of a run that never found a usable descriptor: nobody announced the object, or nobody announced it validly. */
export function neverFound(what: string, limitUs: number, warnings: Warnings, faults: FaultCounters): LayercastError {
  for (const [code, error] of ENDING_WARNINGS) {
    const warning = warnings.first(code);
    if (warning !== undefined)
      return new LayercastError(error, `${what}: ${warning.message}`, { hint: REMEDIES[code] });
  }
  if (warnings.unlisted !== undefined) {
    return new LayercastError('ROLE_REFUSED', `${what}: ${warnings.unlisted}`, { hint: REMEDIES.UNLISTED });
  }
  if (faults.get('signature') > 0) {
    return new LayercastError('RECORD_INVALID', `${what}: announcements arrive that were not signed by this key`, {
      hint: (say) => `Check that ${say('key')} is the public key of this fleet`,
    });
  }
  return new LayercastError('NOBODY_SENDING', `nobody announced ${what} within ${secondsText(limitUs)}`, {
    hint: (say) =>
      `See what is announced with "layercast list", and try another ${say('interface')} or ${say('scope')}`,
  });
}

/** Warnings that say why nothing usable was found, each with the code of its error. The first in this list that was told counts. */
const ENDING_WARNINGS = [
  ['VERSION_REFUSED', 'VERSION_REFUSED'],
  ['EXPIRED', 'EXPIRED'],
  ['ROLE_REFUSED', 'ROLE_REFUSED'],
  ['INCOMPATIBLE', 'INCOMPATIBLE'],
  ['UNSUPPORTED', 'RECORD_INVALID'],
  ['WITHDRAWN', 'NOBODY_SENDING'],
] as const;

const REMEDIES = {
  VERSION_REFUSED: (say) => `Publish a higher version, or accept this one with ${say('allowRollback')}`,
  EXPIRED: (say) => `Sign the object anew, check the clock of this host, or accept it with ${say('allowExpired')}`,
  ROLE_REFUSED: 'Have it signed by enough release keys of the newest root (layercast root show)',
  INCOMPATIBLE: (say) =>
    `Fetch an object for this device, or name the classes that this device belongs to with ${say('compatible')}`,
  UNLISTED: 'Let a server announce a catalogue: it needs the root and an announce key',
  UNSUPPORTED: 'Update layercast on this host',
  SERVER_LEFT: 'Fetch again; if it happens again, check the file of the server, and the disk and memory of this host',
  WITHDRAWN: 'Fetch again when a server announces the object',
} as const satisfies Readonly<Record<string, Hint>>;

/** A time in seconds, to a tenth. */
function secondsText(us: number): string {
  return `${Number((us / 1e6).toFixed(1))} s`;
}
