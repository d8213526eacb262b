import { RULES, type Rules } from './rules.js';

/**
 * Notices when a server is heard again of which nothing had arrived for a while: an interface or switch was down, or the host slept. What was
 * missed says nothing about what the path carries.
 */
export class OutageWatch {
  readonly #rules: Rules['history'];
  #heardUs: number | undefined;
  /** Mean time between two datagrams. */
  #gapUs = 0;

  constructor({ history }: Rules = RULES) {
    this.#rules = history;
  }

  /** Takes note that a datagram has arrived. Returns when the one before arrived if there was an outage between them, else undefined. */
  heard(nowUs: number): number | undefined {
    const heardUs = this.#heardUs ?? nowUs;
    const gapUs = nowUs - heardUs;
    this.#heardUs = nowUs;
    const mostUs = Math.max(this.#rules.outageUs, this.#rules.outageGaps * this.#gapUs);
    // Of a server whose gaps are all longer than that, they are learnt little by little.
    this.#gapUs += (Math.min(gapUs, mostUs) - this.#gapUs) / 8;
    return gapUs > mostUs ? heardUs : undefined;
  }
}
