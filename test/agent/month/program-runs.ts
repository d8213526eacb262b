interface Run {
  hasStarted: boolean;
  mayStart: boolean;
  isOver: boolean;
}

/** How the program of a device went for each version, and what was wrong with that. */
export class ProgramRuns {
  startCount = 0;
  readonly #onFault: (what: string) => void;
  readonly #runs = new Map<number, Run>();
  #lastStarted = 0;

  constructor(onFault: (what: string) => void) {
    this.#onFault = onFault;
  }

  /** Versions of which the journal says how the program ended. */
  get overCount(): number {
    return [...this.#runs.values()].filter(({ isOver }) => isOver).length;
  }

  /** The program is started: once for each version, and once more when it asked for that or the power was cut. */
  start(version: number): void {
    const run = this.#runs.get(version) ?? { hasStarted: false, mayStart: true, isOver: false };
    this.#runs.set(version, run);
    if (!run.mayStart) this.#onFault(`the program was started again for version ${version}, and nothing asked for it`);
    if (run.isOver) this.#onFault(`the program was started for version ${version}, which was over`);
    if (version < this.#lastStarted) {
      this.#onFault(`the program was started for version ${version} after a higher one`);
    }
    run.hasStarted = true;
    run.mayStart = false;
    this.#lastStarted = version;
    this.startCount++;
  }

  /** The program wants to be started again. */
  postpone(version: number): void {
    this.#runs.get(version)!.mayStart = true;
  }

  /** The journal says that a version is over. */
  finish(version: number, state: string): void {
    const run = this.#runs.get(version);
    if (run === undefined) this.#onFault(`version ${version} is ${state} and never ran`);
    else run.isOver = true;
  }

  /** @returns how many runs the power cut broke off: each may start again */
  cut(): number {
    const broken = [...this.#runs.values()].filter((run) => run.hasStarted && !run.isOver && !run.mayStart);
    for (const run of broken) run.mayStart = true;
    return broken.length;
  }
}
