/** If nothing arrives from a server for this long, an interface or switch was down, or the host slept. */
const OUTAGE_US = 1_000_000;
/** On slow channels an outage is a silence of this many mean gaps between two datagrams. */
const OUTAGE_GAPS = 4;
/** What a stream misses up to this long after its first datagram belongs to the outage: sockets may hold datagrams from before. */
export const SETTLING_US = 150_000;

/**
 * Notices when a server is heard again of which nothing had arrived for a while: an interface or switch was down, or the host slept. What was
 * missed says nothing about what the path carries.
 */
export class OutageWatch {
  #heardUs: number | undefined;
  /** Mean time between two datagrams. */
  #gapUs = 0;

  /** Takes note that a datagram has arrived. Returns when the one before arrived if there was an outage between them, else undefined. */
  heard(nowUs: number): number | undefined {
    const heardUs = this.#heardUs ?? nowUs;
    const gapUs = nowUs - heardUs;
    this.#heardUs = nowUs;
    const mostUs = Math.max(OUTAGE_US, OUTAGE_GAPS * this.#gapUs);
    // Of a server whose gaps are all longer than that, they are learnt little by little.
    this.#gapUs += (Math.min(gapUs, mostUs) - this.#gapUs) / 8;
    return gapUs > mostUs ? heardUs : undefined;
  }
}
