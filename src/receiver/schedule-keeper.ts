import { dateText } from '../base/date-text.js';
import type { Clock } from '../base/ports.js';
import type { Descriptor } from '../wire/descriptor.js';
import { isOffAir, isOnAir, onAirAgainS } from './on-air.js';

/** Why a fetch is stopped when the window has ended in which the servers send its object. */
export class OffAir extends Error {}

/** Keeps a receiver to the schedule of its object: says when to begin and when to stop, and tells the user once for each pause. */
export class ScheduleKeeper {
  readonly #clock: Clock;
  readonly #say: (message: string) => void;
  #hasSaid = false;

  constructor(clock: Clock, say: (message: string) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  /** Whether servers send the object, or are about to. */
  isOnAir(descriptor: Descriptor): boolean {
    return isOnAir(descriptor, this.#wallS);
  }

  /** What a receiver is to do now. The owner calls this every 50 ms. */
  look(descriptor: Descriptor | undefined, isFetching: boolean): 'begin' | 'stop' | 'nothing' {
    if (descriptor?.schedule === undefined) return 'nothing';
    // One look at the clock, which may be set at any moment.
    const wallS = this.#wallS;
    if (isOnAir(descriptor, wallS)) {
      this.#hasSaid = false;
      return isFetching ? 'nothing' : 'begin';
    }
    if (isFetching) return isOffAir(descriptor, wallS) ? 'stop' : 'nothing';
    if (!this.#hasSaid) this.#say(sentNext(descriptor, wallS));
    this.#hasSaid = true;
    return 'nothing';
  }

  get #wallS(): number {
    return this.#clock.wallUs() / 1e6;
  }
}

function sentNext({ fleet, object, ...sent }: Descriptor, wallS: number): string {
  return `${fleet}/${object} is sent next at ${dateText(onAirAgainS(sent, wallS)!)}, by its schedule`;
}
