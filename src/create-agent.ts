import type { EventEmitter } from 'eventemitter3';
import type { AgentStatus } from './agent/agent-plan.js';
import type { AgentEvents } from './agent/events.js';
import { systemClock } from './base/system-clock.js';
import type { AgentEngineOptions } from './engine/agent-engine.js';
import type { AgentThread } from './engine/agent-thread.js';
import type { Engine } from './engine/engine.js';
import { Running } from './engine/running.js';
import { ThreadedEngine } from './engine/threaded-engine.js';
import type { SafeEmitter } from './events/safe-emitter.js';
import type { AgentOptions } from './options/agent-options.js';
import { type CheckedAgentOptions, checkAgentOptions } from './options/check-agent-options.js';

/** What those who watch an agent need of it. */
export interface WatchedAgent extends EventEmitter<AgentEvents> {
  /** What the agent has come to; undefined before it has read its journal. */
  status(): AgentStatus | undefined;
}

/** An agent that keeps objects of a fleet at their newest versions on this host. */
export interface Agent extends WatchedAgent, AsyncDisposable {
  /**
   * Resolves when the agent has ended: with the option `once`, when everything that was announced is there and taken over. Rejects with a
   * `LayercastError`: `USAGE`, `FILE_IN_USE` (another agent of the fleet has this state directory), `ABORTED`, `NETWORK_UNAVAILABLE`, …; with
   * `once` also with `TIMEOUT` (not finished), `NOBODY_SENDING`, `PROGRAM_FAILED`, and the errors of what was refused. Progress is kept.
   */
  readonly done: Promise<void>;
  /** Ends transfers and programs, and stops. Progress is kept; a program that was running is run again by the next agent. */
  close(): Promise<void>;
}

/** Starts an agent. It returns at once and never throws: wrong options, too, reject `done`. */
export function createAgent(options: AgentOptions): Agent {
  return new RunningAgent(options);
}

type WorkingEngine = Engine<AgentStatus | undefined, void>;

class RunningAgent extends Running<AgentEvents, CheckedAgentOptions, AgentStatus | undefined, void> implements Agent {
  constructor(options: AgentOptions) {
    super('agent', () => checkAgentOptions(options));
  }

  status(): AgentStatus | undefined {
    return this.engineStats;
  }

  /** The caller's network and clock are objects of this thread, so an engine with one of them works here. */
  protected async newEngine({
    network,
    clock,
    ...options
  }: Omit<CheckedAgentOptions, 'signal'>): Promise<WorkingEngine> {
    if (network === undefined && clock === undefined) return threadedEngine(options, this);
    const { AgentEngine } = await import('./engine/agent-engine.js');
    return new AgentEngine(options, { network, clock: clock ?? systemClock, emit: this.emit.bind(this) });
  }
}

function threadedEngine(data: AgentEngineOptions, emitter: SafeEmitter<AgentEvents>): WorkingEngine {
  const file = new URL('./engine/agent-thread.js', import.meta.url);
  return new ThreadedEngine<AgentEngineOptions, AgentStatus | undefined, void, AgentThread>(file, {
    name: 'agent',
    data,
    firstStats: undefined,
    emit: emitter.emit.bind(emitter) as (event: string, fields: object) => void,
  });
}
