/** Addresses that are kept: more than the 255 servers that a fleet can have. Strangers who repeat genuine records can add to them. */
const MAX_ADDRESSES = 1024;
/** A server that announces nothing for this many intervals, or for this long, is silent. At a loss of a third, five in a row are lost once in 250 times. */
const SILENT_INTERVALS = 5;
const SILENT_US = 5e6;

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
   */
  hear(address: string, nowUs: number, intervalUs: number): void {
    const known = this.#byAddress.get(address);
    if (known === undefined) {
      if (this.#byAddress.size >= MAX_ADDRESSES) this.#byAddress.delete(this.#byAddress.keys().next().value!);
      this.#byAddress.set(address, { sinceUs: nowUs, lastUs: nowUs });
      return;
    }
    if (nowUs - known.lastUs > silentUs(intervalUs)) known.sinceUs = nowUs;
    known.lastUs = nowUs;
  }

  /** Since when a server has been announcing without a pause; undefined while it is silent. */
  sinceUs(address: string, nowUs: number, intervalUs: number): number | undefined {
    const known = this.#byAddress.get(address);
    return known === undefined || nowUs - known.lastUs > silentUs(intervalUs) ? undefined : known.sinceUs;
  }
}

function silentUs(intervalUs: number): number {
  return Math.max(SILENT_US, SILENT_INTERVALS * intervalUs);
}
