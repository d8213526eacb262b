/** After this long without forgeries, unproven symbols are taken again. A carousel of a forger who pauses longer costs a few blocks each time. */
export const QUIET_US = 10_000_000;

/**
 * Whether somebody forges datagrams at the moment. While the alarm is on, only symbols that a run record proves are taken, and only proven
 * datagrams are measured.
 */
export class Alarm {
  readonly #onChange: (isOn: boolean) => void;
  #lastForgeryUs = Number.NEGATIVE_INFINITY;
  #isOn = false;

  /** @param onChange called when the alarm goes on, and when it ends */
  constructor(onChange: (isOn: boolean) => void) {
    this.#onChange = onChange;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Notes a datagram that a genuine run record contradicts, or a wrong block with unproven symbols. */
  noteForgery(nowUs: number): void {
    this.#lastForgeryUs = nowUs;
    if (this.#isOn) return;
    this.#isOn = true;
    this.#onChange(true);
  }

  tick(nowUs: number): void {
    if (!this.#isOn || nowUs - this.#lastForgeryUs < QUIET_US) return;
    this.#isOn = false;
    this.#onChange(false);
  }
}
