import type { EventEmitter } from 'eventemitter3';
import { systemClock } from './base/system-clock.js';
import type { Engine } from './engine/engine.js';
import type { GatewayEngineOptions, GatewayStatus } from './engine/gateway.js';
import type { GatewayThread } from './engine/gateway-thread.js';
import { Running } from './engine/running.js';
import { ThreadedEngine } from './engine/threaded-engine.js';
import type { GatewayEvents } from './events/gateway-events.js';
import type { SafeEmitter } from './events/safe-emitter.js';
import { type CheckedGatewayOptions, checkGatewayOptions } from './options/check-gateway-options.js';
import type { GatewayOptions } from './options/gateway-options.js';

/** A gateway that receives objects of a fleet by multicast, and serves them by HTTP and CoAP. */
export interface Gateway extends EventEmitter<GatewayEvents>, AsyncDisposable {
  /** What the gateway has come to, and what its clients asked; undefined before it has read its journal. */
  status(): GatewayStatus | undefined;
  /**
   * Rejects with a `LayercastError` when the gateway has ended, which it does not do by itself: `USAGE`, `FILE_IN_USE` (another program has this
   * state directory), `ABORTED`, `NETWORK_UNAVAILABLE` (the system refuses to listen there), … Progress is kept.
   */
  readonly done: Promise<void>;
  /** Ends transfers and answers, and stops. Progress is kept. */
  close(): Promise<void>;
}

/** Starts a gateway. It returns at once and never throws: wrong options, too, reject `done`. */
export function createGateway(options: GatewayOptions): Gateway {
  return new RunningGateway(options);
}

type WorkingEngine = Engine<GatewayStatus | undefined, void>;

class RunningGateway
  extends Running<GatewayEvents, CheckedGatewayOptions, GatewayStatus | undefined, void>
  implements Gateway
{
  constructor(options: GatewayOptions) {
    super('gateway', () => checkGatewayOptions(options));
  }

  status(): GatewayStatus | undefined {
    return this.engineStats;
  }

  /** The caller's network and clock are objects of this thread, so an engine with one of them works here. */
  protected async newEngine({
    network,
    clock,
    ...options
  }: Omit<CheckedGatewayOptions, 'signal'>): Promise<WorkingEngine> {
    if (network === undefined && clock === undefined) return threadedEngine(options, this);
    const { GatewayEngine } = await import('./engine/gateway.js');
    return new GatewayEngine(options, { network, clock: clock ?? systemClock, emit: this.emit.bind(this) });
  }
}

function threadedEngine(data: GatewayEngineOptions, emitter: SafeEmitter<GatewayEvents>): WorkingEngine {
  const file = new URL('./engine/gateway-thread.js', import.meta.url);
  return new ThreadedEngine<GatewayEngineOptions, GatewayStatus | undefined, void, GatewayThread>(file, {
    name: 'gateway',
    data,
    firstStats: undefined,
    emit: emitter.emit.bind(emitter) as (event: string, fields: object) => void,
  });
}
