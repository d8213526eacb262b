/** Whose records say what time it is at least. */
export type TimeSource = 'root' | 'release' | 'announce';

/** The latest time at which a record of each kind was made, in seconds since 1970. */
export type Times = Readonly<Record<TimeSource, number>>;

const NO_TIMES: Times = { root: 0, release: 0, announce: 0 };

/**
 * The time on a device that may have no clock: it is not earlier than the build of this program, nor than the making of any record that was
 * verified. So a clock that stands still or was set back does not bring expired records back.
 */
export class KnownTime {
  readonly #builtS: number;
  readonly #times: Record<TimeSource, number>;

  constructor(builtS: number, times: Times = NO_TIMES) {
    this.#builtS = builtS;
    this.#times = { ...times };
  }

  get times(): Times {
    return { ...this.#times };
  }

  /** The time, given what the clock says. */
  nowS(wallS: number): number {
    const { root, release, announce } = this.#times;
    return Math.max(wallS, this.#builtS, root, release, announce);
  }

  /** Takes the time at which a verified record was made. */
  learn(source: TimeSource, createdS: number): void {
    this.#times[source] = Math.max(this.#times[source], createdS);
  }

  /** Forgets what the keys of a role said: a key that was replaced because a stranger had it may have named a time far ahead. */
  forget(source: TimeSource): void {
    this.#times[source] = 0;
  }
}
