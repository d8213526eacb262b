/**
 * `start` climbs quickly to the measured capacity. `steady` waits for permissions to step up. `trial` watches a level just
 * joined. `deaf` waits for a leave to work. `paused` has nothing joined.
 */
export type Phase = 'start' | 'steady' | 'trial' | 'deaf' | 'paused';

interface Transition {
  readonly from: readonly Phase[];
  readonly to: Phase;
}

const ACTIVE = ['start', 'steady', 'trial'] as const;

/** What may happen to a path, in which phases, and the phase that follows. */
const TRANSITIONS = {
  /** The lowest level is joined. */
  begun: { from: [...ACTIVE, 'deaf', 'paused'], to: 'start' },
  /** The start can climb no further. */
  climbed: { from: ['start'], to: 'steady' },
  /** The measured capacity exceeds the next level. */
  roomSeen: { from: ['steady'], to: 'start' },
  /** The losses for which a level was left are those of the air. */
  acquitted: { from: ACTIVE, to: 'start' },
  /** A level is tried. */
  tried: { from: ['steady'], to: 'trial' },
  /** The level on trial has lasted. */
  passed: { from: ['trial'], to: 'steady' },
  /** The rate follows other traffic. */
  competed: { from: ['steady', 'trial'], to: 'steady' },
  /** A level is left, here or on another path through the same bottleneck. */
  left: { from: ACTIVE, to: 'deaf' },
  /** The leave has worked. */
  cleared: { from: ['deaf'], to: 'steady' },
  /** The leave has worked on a path that is climbed again at once. */
  clearedToClimb: { from: ['deaf'], to: 'start' },
  /** Even the lowest level is too much. */
  gaveUp: { from: ACTIVE, to: 'paused' },
} satisfies Record<string, Transition>;

export type PhaseEvent = keyof typeof TRANSITIONS;

/** The phase of one path. */
export class PhaseMachine {
  #phase: Phase = 'start';

  get phase(): Phase {
    return this.#phase;
  }

  /** Goes to the phase that follows an event. Returns whether the event can happen in the present phase; if not, nothing changes. */
  transition(event: PhaseEvent): boolean {
    const { from, to }: Transition = TRANSITIONS[event];
    if (!from.includes(this.#phase)) return false;
    this.#phase = to;
    return true;
  }
}
