import { deleteOldest } from '../../base/delete-oldest.js';
import type { LastHeard } from './newest-descriptors.js';

/** Addresses that are kept: more than the 255 servers that a fleet can have. Strangers who repeat genuine records can add to them. */
const MAX_ADDRESSES = 1024;
/** A server that announces nothing for this many intervals, or for this long, is silent. At a loss of a third, five in a row are lost once in 250 times. */
const SILENT_INTERVALS = 5;
const SILENT_US = 5e6;
/**
 * A version that its server has left out of this many rounds of announcements, or of those of this time if that is longer, is withdrawn. At a loss of
 * two fifths, fifteen in a row are lost once in a million times, and then the version is found again with its next announcement.
 */
const WITHDRAWN_INTERVALS = 15;
const WITHDRAWN_US = 10e6;

/** Since when a server has been announcing without a pause. */
interface Announcing {
  sinceUs: number;
  lastUs: number;
}

/** Which servers announce, and since when without a pause: a server that was away has not had the time yet to announce everything. */
export class AnnouncingServers {
  readonly #byAddress = new Map<string, Announcing>();

  /**
   * Notes that a genuine record was announced from an address.
   *
   * @param intervalUs the time in which the fleet announces everything once
   * @param isStarting whether the server says that it has not announced everything yet
   */
  hear(address: string, nowUs: number, intervalUs: number, isStarting: boolean): void {
    const known = this.#byAddress.get(address);
    if (known === undefined) {
      if (this.#byAddress.size >= MAX_ADDRESSES) deleteOldest(this.#byAddress);
      this.#byAddress.set(address, { sinceUs: nowUs, lastUs: nowUs });
      return;
    }
    if (isStarting || nowUs - known.lastUs > silentUs(intervalUs)) known.sinceUs = nowUs;
    known.lastUs = nowUs;
  }

  /**
   * Whether the server that announced a version last has announced others since, without a pause, for so long that the version is withdrawn.
   *
   * @param intervalUs as in `hear`
   */
  haveLeftOut({ address, atUs }: LastHeard, nowUs: number, intervalUs: number): boolean {
    const limitUs = Math.max(WITHDRAWN_US, WITHDRAWN_INTERVALS * intervalUs);
    const server = this.#byAddress.get(address);
    if (server === undefined || nowUs - server.lastUs > silentUs(intervalUs)) return false;
    return nowUs - Math.max(atUs, server.sinceUs) >= limitUs;
  }
}

function silentUs(intervalUs: number): number {
  return Math.max(SILENT_US, SILENT_INTERVALS * intervalUs);
}
