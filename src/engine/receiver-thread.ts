import type { EventEmitter } from 'eventemitter3';
import { systemClock } from '../base/system-clock.js';
import type { ReceiverEvents } from '../receiver/events.js';
import type { Owner } from '../work/calls.js';
import { serveCalls } from '../work/serve-calls.js';
import { ReceiverEngine, type ReceiverEngineOptions } from './receiver-engine.js';
import { serveEngine } from './serve-engine.js';

/** The worker file of a receiver. */
const worker = (options: ReceiverEngineOptions, owner: Owner) =>
  serveEngine(owner, (emit) => {
    const world = { network: undefined, clock: systemClock, emit: emit as EventEmitter<ReceiverEvents>['emit'] };
    return new ReceiverEngine(options, world);
  }).calls;

export type ReceiverThread = typeof worker;
serveCalls(worker);
