/** If nothing that was sent arrives for this long, the way was broken: a plug or switch was down, a radio changed its station, or the host slept. */
const OUTAGE_US = 100_000;
/** On slow channels an outage is a silence of this many mean gaps between two datagrams: radios lose five in a row again and again. */
const OUTAGE_GAPS = 16;
/** The mean is over about this many datagrams, so that a train, which is 16 with no gaps, does not make it short. */
const MEAN_OF = 32;
/** What a stream misses up to this long after its first datagram belongs to the outage: sockets may hold datagrams from before. */
const SETTLING_US = 150_000;

/**
 * Notices when a server is heard again of which nothing had arrived for a while. What was missed says nothing about what the path carries. A
 * queue and a link that serves in turns are silent, too, but what was sent meanwhile comes after: only what is missing of the time of sending
 * counts.
 */
export class OutageWatch {
  /** When the last outage ended: arrival of the first datagram after it. */
  endedUs = Number.NEGATIVE_INFINITY;
  #heardUs: number | undefined;
  #sentUs = 0;
  /** Mean time between two datagrams. */
  #gapUs = 0;

  /** Takes note that a datagram has arrived that was sent at `sendTimeUs`, modulo 2^32 µs of the server's clock. */
  heard(nowUs: number, sendTimeUs: number): void {
    const gapUs = this.#heardUs === undefined ? 0 : Math.min(nowUs - this.#heardUs, (sendTimeUs - this.#sentUs) | 0);
    this.#heardUs = nowUs;
    this.#sentUs = sendTimeUs;
    const mostUs = Math.max(OUTAGE_US, OUTAGE_GAPS * this.#gapUs);
    // Of a server whose gaps are all longer than that, they are learnt little by little.
    this.#gapUs += (Math.min(gapUs, mostUs) - this.#gapUs) / MEAN_OF;
    if (gapUs > mostUs) this.endedUs = nowUs;
  }

  /**
   * Whether what a datagram shows to be missing of its stream belongs to an outage. The stream's first datagram after the outage may be
   * observed much later, when its run record comes.
   *
   * @param heardUs when the stream's datagram before arrived
   */
  excuses(nowUs: number, heardUs: number): boolean {
    return nowUs >= this.endedUs && (heardUs < this.endedUs || nowUs <= this.endedUs + SETTLING_US);
  }
}
