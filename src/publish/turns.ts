import { dirname } from 'node:path';
import type { Clock } from '../base/ports.js';
import { unlessAborted } from '../base/waiting.js';
import type { FleetObject } from '../fleet/fleet.js';

/**
 * How long a work may say nothing before the next begins. A disk of this host opens a file, and brings the 64 MB after which a work that goes on says so, in
 * less; where it does not, two works share it for a while.
 */
const PATIENCE_US = 1e6;
/** Most works at once: while a disk does not answer, its work takes one of the four threads that Node has for files. */
const MOST_AT_ONCE = 3;

/** A work that waits for its turn or has it. */
interface Turn {
  readonly folder: string;
  readonly work: (goOn: () => void) => Promise<void>;
  readonly signal: AbortSignal;
  isHanging: boolean;
}

/**
 * Works that read files, one after the other, so that many do not compete for one disk. A work whose disk does not answer holds up only those with files in
 * the same folder, which wait for the same disk.
 */
export class Turns {
  readonly #clock: Clock;
  /** In the order of the calls: one at most for each object, and those that are waited for no more. */
  #waiting: Turn[] = [];
  readonly #running = new Map<Turn, Promise<void>>();
  #whenCalm: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Does a work for an object when its turn has come. What comes from a pipe may take its time and is no file, so it needs no turn.
   *
   * @param work calls its argument to say that it goes on
   * @param signal ends the waiting, also that for a disk; the turn lasts until the work has ended
   * @throws what the work throws, or the reason of the signal
   */
  run<T>(
    { content, filePath }: Pick<FleetObject, 'content' | 'filePath'>,
    work: (goOn: () => void) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    if (content === 'pipe')
      return unlessAborted(
        work(() => undefined),
        signal,
      );
    const outcome = new Promise<T>((resolve, reject) => {
      const settle = (goOn: () => void) => work(goOn).then(resolve, reject);
      this.#waiting.push({ folder: dirname(filePath), work: settle, signal, isHanging: false });
    });
    this.#beginNext();
    return unlessAborted(outcome, signal);
  }

  /** Resolves the next time that no work can begin or goes on: all have ended, or those that are left wait for disks that do not answer. */
  calm(): Promise<void> {
    return new Promise((resolve) => this.#whenCalm.push(resolve));
  }

  /** Resolves when the works under way have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #beginNext(): void {
    const running = [...this.#running.keys()];
    if (!running.every(({ isHanging }) => isHanging)) return;
    this.#waiting = this.#waiting.filter(({ signal }) => !signal.aborted);
    const isElsewhere = ({ folder }: Turn) => running.every((hanging) => hanging.folder !== folder);
    const index = running.length < MOST_AT_ONCE ? this.#waiting.findIndex(isElsewhere) : -1;
    if (index >= 0) for (const turn of this.#waiting.splice(index, 1)) this.#running.set(turn, this.#do(turn));
    else for (const resolve of this.#whenCalm.splice(0)) resolve();
  }

  async #do(turn: Turn): Promise<void> {
    let cancel = () => {};
    const goOn = () => {
      cancel();
      turn.isHanging = false;
      cancel = this.#clock.schedule(this.#clock.nowUs() + PATIENCE_US, () => {
        turn.isHanging = true;
        this.#beginNext();
      });
    };
    goOn();
    await turn.work(goOn);
    cancel();
    this.#running.delete(turn);
    this.#beginNext();
  }
}
