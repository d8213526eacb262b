import { systemClock } from '../base/system-clock.js';
import type { Owner } from '../work/calls.js';
import { serveCalls } from '../work/serve-calls.js';
import { GatewayEngine, type GatewayEngineOptions, type GatewayEngineWorld } from './gateway.js';
import { serveEngine } from './serve-engine.js';

/** The worker file of a gateway. */
const worker = (options: GatewayEngineOptions, owner: Owner) =>
  serveEngine(owner, (emit) => {
    const world = { network: undefined, clock: systemClock, emit: emit as GatewayEngineWorld['emit'] };
    return new GatewayEngine(options, world);
  }).calls;

export type GatewayThread = typeof worker;
serveCalls(worker);
