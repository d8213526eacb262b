import type { EventEmitter } from 'eventemitter3';
import { PreciseClock } from '../base/precise-clock.js';
import type { SenderEvents } from '../publish/events.js';
import type { Owner } from '../work/calls.js';
import { serveCalls } from '../work/serve-calls.js';
import { SenderEngine, type SenderEngineOptions } from './sender-engine.js';
import { serveEngine } from './serve-engine.js';

/** The clock of the thread, by which datagrams leave. */
const clock = new PreciseClock();

/** The worker file of a sender. */
const worker = (options: SenderEngineOptions, owner: Owner) => {
  const { engine, outbox, calls } = serveEngine(owner, (emit) => {
    const world = { network: undefined, clock, emit: emit as EventEmitter<SenderEvents>['emit'] };
    return new SenderEngine(options, world);
  });
  return {
    ...calls,
    ready: () => engine.ready().finally(() => outbox.flush()),
    reload: () => engine.reload().finally(() => outbox.flush()),
  };
};

export type SenderThread = typeof worker;
serveCalls(worker);
