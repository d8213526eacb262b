import { asLayercastError, type Hint, LayercastError } from '../base/errors.js';
import { formatQuantity, rateText, SIZE } from '../base/units.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { FaultCounters } from './counters.js';
import type { CompleteEvent, ReceiverStats, WarningEvent } from './events.js';
import { onAirAgainS } from './on-air.js';
import { messageOf } from './refusals.js';
import { QUIET_US } from './runs/alarm.js';
import type { Finding } from './watch/findings.js';

/** The most different warnings of one run: a forger can cause any number of them. */
const MAX_WARNINGS = 100;

/** Warnings of one run. Each is told once and kept, because it may turn out to be the reason why the run ends. */
export class Warnings {
  readonly #told = new Map<string, WarningEvent>();
  #unlisted: string | undefined;
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

  /** Keeps why the last record was not taken yet. That is no warning: a catalogue may still come. */
  noteUnlisted(message: string): void {
    this.#unlisted = message;
  }

  get unlisted(): string | undefined {
    return this.#unlisted;
  }

  first(code: WarningEvent['code']): WarningEvent | undefined {
    return [...this.#told.values()].find((event) => event.code === code);
  }
}

/**
 * The warning for a descriptor that the receiver cannot use; undefined if it can, if the descriptor is merely older, and while a catalogue may
 * still list it.
 */
export function warningFor({
  kind,
  descriptor,
  refusal,
}: Pick<Finding, 'kind' | 'descriptor' | 'refusal'>): WarningEvent | undefined {
  const version = `version ${descriptor.version}`;
  switch (kind) {
    case 'rollback':
      return { code: 'VERSION_REFUSED', message: `${version} is older than a version that this host has completed` };
    case 'expired':
    case 'refused':
    case 'revoked':
      return { code: refusal!.code === 'RECORD_INVALID' ? 'FOREIGN_KEY' : refusal!.code, message: refusal!.message };
    case 'conflict':
      return {
        code: 'CONFLICT',
        message: `${version} was signed for two different files; receiving the file that this host heard of first`,
      };
    case 'incompatible': {
      const message = `${version} is for devices of class ${descriptor.compatible!.join(' or ')}`;
      return { code: 'INCOMPATIBLE', message };
    }
    case 'unsupported': {
      const { needs } = descriptor;
      const what =
        needs === undefined
          ? 'has a code or sizes that this program does not support'
          : `needs a newer layercast: its descriptor has ${needs.join(', ')}, which this program does not know`;
      return { code: 'UNSUPPORTED', message: `${version} ${what}` };
    }
    case 'withdrawn': {
      const message = `${version} is not announced any more, though its server announces other objects; what was received is kept`;
      return { code: 'WITHDRAWN', message };
    }
    case 'foreign':
      return FOREIGN_KEY;
    default:
      return undefined;
  }
}

/** The warning when only proven symbols are taken from now on, and the one when that ends. */
export function forged(isOn: boolean): WarningEvent {
  const message = isOn
    ? 'somebody sends forged datagrams; taking only symbols that a server proves with its signature'
    : `no forged datagrams for ${QUIET_US / 1e6} s; taking symbols before they are proven again`;
  return { code: 'FORGED', message };
}

/** The warning for a server whose signed symbols made wrong blocks. */
export function serverLeft(name: string, keyId: string): WarningEvent {
  const message = `server ${name} (key ${keyId}) signed wrong data; nothing is taken from it any more`;
  return { code: 'SERVER_LEFT', message };
}

/** What a receiver says while the object is not sent, by its schedule. */
export function sentNext(descriptor: Descriptor, wallS: number): string {
  const next = new Date(onAirAgainS(descriptor, wallS)! * 1000).toISOString();
  return `${descriptor.fleet}/${descriptor.object} is sent next at ${next}, by its schedule`;
}

/** The warning for a newer version that is announced while an older one is being received. */
export function supersededBy({ version }: Descriptor): WarningEvent {
  return { code: 'SUPERSEDED', message: `the newer version ${version} is announced; receiving it from the beginning` };
}

/** The warning for a version that the fleet now sends in other pieces. */
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
  message:
    'another key signed an announcement of the object: the key given here is wrong, or a stranger announces the object',
};

/** The warning that announcements arrive and data do not. */
export function noData(channels: readonly number[], packetBytes: number): WarningEvent {
  const where = channels.length === 1 ? `channel ${channels[0]}` : `channels ${channels.join(', ')}`;
  return {
    code: 'NO_DATA',
    message:
      `announcements arrive, but nothing on ${where}: usually a link on the way has an MTU below ${packetBytes} bytes, ` +
      'or a switch or firewall does not forward the group',
  };
}

/** The warning that even the lowest channel is faster than the user allows. */
export function rateBelowLadder(maxBitsPerSecond: number, lowestBitsPerSecond: number): WarningEvent {
  return {
    code: 'RATE_BELOW_LADDER',
    message:
      `at most ${rateText(maxBitsPerSecond, 6)} are allowed, but the lowest channel has ` +
      `${rateText(lowestBitsPerSecond, 6)}; joining the lowest channel all the same`,
  };
}

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
