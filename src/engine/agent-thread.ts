import type { EventEmitter } from 'eventemitter3';
import type { AgentEvents } from '../agent/events.js';
import { systemClock } from '../base/system-clock.js';
import type { Owner } from '../work/calls.js';
import { serveCalls } from '../work/serve-calls.js';
import { AgentEngine, type AgentEngineOptions } from './agent-engine.js';
import { serveEngine } from './serve-engine.js';

/** The worker file of an agent. */
const worker = (options: AgentEngineOptions, owner: Owner) =>
  serveEngine(owner, (emit) => {
    const world = { network: undefined, clock: systemClock, emit: emit as EventEmitter<AgentEvents>['emit'] };
    return new AgentEngine(options, world);
  }).calls;

export type AgentThread = typeof worker;
serveCalls(worker);
