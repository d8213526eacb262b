import { EventEmitter } from 'eventemitter3';
import type { WatchedAgent } from '../../dist/create-agent.js';
import type { Receiver } from '../../dist/create-receiver.js';
import { DeviceStates } from '../../dist/manager/device-states.js';
import { ManagerHttp } from '../../dist/manager/http/manager-http.js';
import type { Manager } from '../../dist/manager/manager.js';
import { HttpEndpoint } from '../../dist/metrics/http-endpoint.js';
import { AgentView } from '../../dist/page/agent-view.js';
import type { PageView } from '../../dist/page/live-page.js';
import { pageRoutes } from '../../dist/page/page-routes.js';
import { ReceiverView } from '../../dist/page/receiver-view.js';

/** A name that would be a script if a page took it for HTML. */
export const HOSTILE = '<img src=x onerror="document.title=\'owned\'">';

export async function serve(view: PageView, fault?: string): Promise<HttpEndpoint> {
  const options = { version: '1.2.3', fault: () => fault, isLocal: true };
  return await HttpEndpoint.listen({ host: '127.0.0.1', port: 0, ...pageRoutes(view, options) });
}

export function progressOf(share: number, more: object = {}): object {
  return {
    ...{ bytes: Math.round(share * 27e6), totalBytes: 27e6, verifiedBytes: 0, etaMs: 40_000 },
    ...{
      rateBitsPerSecond: 3.2e6,
      levelRateBitsPerSecond: 4e6,
      capacityBitsPerSecond: 5.1e6,
      lossRatio: 0.012,
      queueMs: 18,
    },
    ...{ level: 2, levelCount: 4, servers: ['alpha', 'beta'], channels: [0, 1] },
    map: Array.from({ length: 64 }, (_, i) => Math.min(1, Math.max(0, share * 64 * 1.3 - i * 0.9))),
    ...more,
  };
}

/** A receiver that tells what a test has it tell. */
export function receiverView(object = 'firmware') {
  const receiver = new EventEmitter();
  let atMs = Date.UTC(2026, 0, 1);
  const view = new ReceiverView(() => atMs);
  view.follow(receiver as unknown as Receiver, { fleet: 'acme', object });
  return {
    view,
    receiver,
    pass: (ms: number) => {
      atMs += ms;
    },
  };
}

/** An agent that has these objects. */
export function agentView(names: readonly string[]) {
  const objects = names.map((object) => ({ object, version: 7, state: 'applied', appliedVersion: 7, bytes: 5e6 }));
  const agent = Object.assign(new EventEmitter(), { status: () => ({ fleet: 'acme', objects }) });
  const view = new AgentView('agent');
  view.follow(agent as unknown as WatchedAgent);
  return { view };
}

/** A manager of devices that a test changes as it likes. */
export class ManagedDevices extends EventEmitter {
  readonly states = new DeviceStates(100_000, () => undefined);
  readonly attemptCount = 0;
  readonly triggerCount = 0;
  readonly results = {};

  constructor(count: number) {
    super();
    for (let i = 0; i < count; i++) this.change(nameOf(i), 'applied');
  }

  /** Has a device say that its firmware has a state. */
  change(device: string, state: string, message?: string, nextWakeAt?: string): void {
    const status = { fleet: 'acme', objects: [{ object: 'firmware', version: 7, state, message }] };
    const radio = nextWakeAt === undefined ? undefined : { isAwake: false, nextWakeAt };
    const change = { radio, isRegistered: true, heardAtMs: Date.UTC(2026, 0, 1), statusText: JSON.stringify(status) };
    this.emit('device', this.states.change(device, change));
  }

  /** Forgets a device, and tells nobody. */
  forget(device: string): void {
    this.states.change(device, { isRegistered: false });
    this.states.forgetBefore(Number.POSITIVE_INFINITY);
  }

  page: Manager['page'] = (...filter) => this.states.page(...filter);
  stateCounts = () => this.states.counts();
  find = (device: string) => this.states.find(device);
  registrationOf = () => undefined;
  isReachable = () => true;
  triggersOf = () => [];

  get deviceCount(): number {
    return this.states.size;
  }

  get registeredCount(): number {
    return this.states.registeredCount;
  }

  async serve(tokens: readonly string[] = []): Promise<ManagerHttp> {
    const metrics = async () => ({ type: 'text/plain', text: '' });
    const options = { host: '127.0.0.1', port: 0, clientCount: 32, tls: undefined, tokens, names: [], metrics };
    return await ManagerHttp.listen(this as unknown as Manager, options);
  }
}

/** Such as `device-0042`. */
export function nameOf(i: number): string {
  return `device-${String(i).padStart(4, '0')}`;
}
