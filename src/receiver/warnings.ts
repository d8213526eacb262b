import { rateText } from '../base/units.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { WarningEvent } from './events.js';
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

/** The warning for a record of the object that another key signed. */
const FOREIGN_KEY: WarningEvent = {
  code: 'FOREIGN_KEY',
  message:
    'another key signed an announcement of the object: the key given here is wrong, or a stranger announces the object',
};
