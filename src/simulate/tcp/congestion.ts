/** How a TCP sender chooses its window, in segments. It is told of every acknowledged segment, and of loss once a window. */
export interface CongestionControl {
  /** How many segments may be under way; fractions are rounded down. */
  readonly windowSegments: number;
  /** One segment has been acknowledged outside of recovery. */
  acked(nowUs: number, smoothedRttUs: number): void;
  /** At least one segment of this window was lost. */
  lost(nowUs: number, flightSegments: number): void;
  /** The retransmission timer expired: all segments under way count as lost. */
  timedOut(nowUs: number, flightSegments: number): void;
}

export type CongestionName = 'reno' | 'cubic';

export function congestionControl(name: CongestionName): CongestionControl {
  return name === 'reno' ? new Reno() : new Cubic();
}

/** RFC 6928: the initial window. */
const INITIAL_WINDOW = 10;
/** RFC 5681, section 3.1: no threshold is below two segments. */
const MIN_THRESHOLD = 2;

/** Slow start and congestion avoidance of RFC 5681, with one halving a window as in RFC 6582 and 6675. */
export class Reno implements CongestionControl {
  windowSegments = INITIAL_WINDOW;
  #threshold = Number.POSITIVE_INFINITY;

  acked(): void {
    this.windowSegments += this.windowSegments < this.#threshold ? 1 : 1 / this.windowSegments;
  }

  lost(_nowUs: number, flightSegments: number): void {
    this.#threshold = Math.max(flightSegments / 2, MIN_THRESHOLD);
    this.windowSegments = this.#threshold;
  }

  timedOut(_nowUs: number, flightSegments: number): void {
    this.#threshold = Math.max(flightSegments / 2, MIN_THRESHOLD);
    this.windowSegments = 1;
  }
}

/** RFC 9438, section 4: constants, segments and seconds. */
const CUBIC_C = 0.4;
const CUBIC_BETA = 0.7;
/** Section 4.3: below the window before the last loss, the window grows as fast as that of Reno with this decrease. */
const FRIENDLY_INCREASE = (3 * (1 - CUBIC_BETA)) / (1 + CUBIC_BETA);

/** CUBIC (RFC 9438) with its Reno-friendly region and fast convergence; slow start is Reno's, without HyStart++. */
export class Cubic implements CongestionControl {
  windowSegments = INITIAL_WINDOW;
  #threshold = Number.POSITIVE_INFINITY;
  /** W_max: the window before the last decrease; less if it was below the one before that (section 4.7). */
  #plateau = 0;
  /** cwnd_prior: the window at the last decrease. */
  #before = 0;
  /** W_est: the window that Reno would have. */
  #friendly = 0;
  /** When this stage of congestion avoidance began; undefined until its first acknowledgement. */
  #epochUs: number | undefined;
  /** K: seconds from `#epochUs` until the curve is back at the plateau. */
  #returnS = 0;

  acked(nowUs: number, smoothedRttUs: number): void {
    if (this.windowSegments < this.#threshold) {
      this.windowSegments++;
      return;
    }
    this.#epochUs ??= this.#begin(nowUs);
    const elapsedS = (nowUs - this.#epochUs) / 1e6;
    const window = this.windowSegments;
    this.#friendly += (this.#friendly < this.#before ? FRIENDLY_INCREASE : 1) / window;
    if (this.#curve(elapsedS) < this.#friendly) {
      this.windowSegments = Math.max(window, this.#friendly);
      return;
    }
    const target = this.#curve(elapsedS + smoothedRttUs / 1e6);
    this.windowSegments += (Math.min(Math.max(target, window), 1.5 * window) - window) / window;
  }

  lost(): void {
    this.#decrease();
    this.windowSegments = this.#threshold;
  }

  timedOut(): void {
    this.#decrease();
    this.windowSegments = 1;
  }

  /** W_cubic of section 4.2. */
  #curve(elapsedS: number): number {
    return CUBIC_C * (elapsedS - this.#returnS) ** 3 + this.#plateau;
  }

  #begin(nowUs: number): number {
    // After a timeout, or if slow start ended without a loss, there is no higher plateau to return to.
    this.#plateau = Math.max(this.#plateau, this.windowSegments);
    this.#returnS = Math.cbrt((this.#plateau - this.windowSegments) / CUBIC_C);
    this.#friendly = this.windowSegments;
    return nowUs;
  }

  #decrease(): void {
    const window = this.windowSegments;
    this.#plateau = window < this.#plateau ? (window * (1 + CUBIC_BETA)) / 2 : window;
    this.#before = window;
    this.#threshold = Math.max(window * CUBIC_BETA, MIN_THRESHOLD);
    this.#epochUs = undefined;
  }
}
