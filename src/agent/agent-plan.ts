import type { LayercastError } from '../base/errors.js';
import type { AgentStateEvent } from './events.js';
import type { HeldVersion } from './object-record.js';
import type { ObjectPlan } from './ports.js';
import type { WakePlan } from './wake-times.js';

/** What an agent is to do. */
export interface AgentPlan {
  readonly fleet: string;
  readonly objects: readonly ObjectPlan[];
  /** Undefined: always awake. */
  readonly wake: WakePlan | undefined;
  /** Whether the agent ends after one wake. */
  readonly once: boolean;
  readonly maxRateBitsPerSecond: number | undefined;
  /** How long a wake waits for anything genuine. */
  readonly patienceUs: number;
  /** Whether versions whose program failed are tried once more. */
  readonly retry: boolean;
  /** How long an object is kept that the fleet does not announce any more. @default for ever */
  readonly forgetAfterUs?: number | undefined;
}

/** What an agent has come to. */
export interface AgentStatus {
  readonly fleet: string;
  readonly isAwake: boolean;
  /** Whether somebody has said that no transfer and no program may begin (`pause`). */
  readonly isPaused: boolean;
  /** On the clock that never jumps; undefined: none is planned. */
  readonly nextWakeUs: number | undefined;
  readonly objects: readonly AgentStateEvent[];
}

/** A version of an object whose bytes its output has. */
export interface HeldObject extends HeldVersion {
  readonly object: string;
}

/** How an agent's run ended: what is left, and what went wrong. */
export interface AgentEnd {
  /** Whether anything genuine of the fleet was heard. */
  readonly hasHeard: boolean;
  /** Objects that are not at the newest version that was heard. */
  readonly unfinished: readonly string[];
  readonly errors: readonly LayercastError[];
}
