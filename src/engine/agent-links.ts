import type { EventEmitter } from 'eventemitter3';
import type { Agent } from '../agent/agent.js';
import type { AgentStatus } from '../agent/agent-plan.js';
import type { AgentEvents } from '../agent/events.js';
import type { Clock } from '../base/ports.js';
import { StatusFile } from '../device/status-file.js';
import type { DeviceLink } from '../mqtt/device-link.js';
import type { CheckedAgentOptions } from '../options/check-agent-options.js';
import type { AgentCoap } from './agent-coap.js';
import { devicePlan, obey } from './agent-mqtt.js';
import { type Elsewhere, togetherOf } from './agent-watches.js';

type LinkOptions = Pick<CheckedAgentOptions, 'fleet' | 'subscribe' | 'statusFile' | 'mqtt' | 'coap'>;

export interface AgentLinksWorld {
  readonly clock: Clock;
  readonly emit: EventEmitter<AgentEvents>['emit'];
  /** The agent that others are told of; undefined until it is made. */
  readonly agent: () => Agent | undefined;
}

/**
 * What tells others of an agent, and takes what they say: the status file, the device at its MQTT broker, and the device by CoAP. Each is there only
 * if the options ask for it, and what it needs is loaded only then.
 */
export class AgentLinks {
  readonly #status: StatusFile | undefined;
  readonly #mqtt: DeviceLink | undefined;
  readonly #coap: AgentCoap | undefined;

  private constructor(status: StatusFile | undefined, mqtt: DeviceLink | undefined, coap: AgentCoap | undefined) {
    this.#status = status;
    this.#mqtt = mqtt;
    this.#coap = coap;
  }

  /** @throws {LayercastError} as `AgentCoap.open` */
  static async open(options: LinkOptions, world: AgentLinksWorld): Promise<AgentLinks> {
    return new AgentLinks(statusFile(options, world), await mqttLink(options, world), await coapLink(options, world));
  }

  /** The ways by which records come beside announcements. */
  get elsewhere(): Elsewhere {
    return togetherOf([this.#mqtt, this.#coap].filter((way) => way !== undefined));
  }

  /** Tells others what an event of the agent changes. */
  tell(name: keyof AgentEvents, event: unknown): void {
    if (name === 'state' || name === 'wake' || name === 'sleep') {
      this.#status?.change();
      this.#mqtt?.change();
    }
    if (name === 'state') this.#coap?.changeState();
    if (name === 'wake') this.#coap?.changeRadio(null);
    if (name === 'sleep') this.#coap?.changeRadio((event as { readonly nextWakeAt: string }).nextWakeAt);
  }

  /** Tells others the last state, and ends. */
  async close(): Promise<void> {
    await Promise.all([this.#mqtt?.close(), this.#coap?.[Symbol.asyncDispose]()]);
    await this.#status?.close();
  }
}

function statusFile({ statusFile }: LinkOptions, world: AgentLinksWorld): StatusFile | undefined {
  if (statusFile === undefined) return undefined;
  let warned = '';
  return new StatusFile(
    statusFile,
    () => statusText(world),
    (message) => {
      // A folder that is missing would otherwise be told at each change.
      if (message !== warned) world.emit('warning', { code: 'STATUS_FAILED', message });
      warned = message;
    },
  );
}

async function mqttLink(
  { mqtt, fleet, subscribe }: LinkOptions,
  world: AgentLinksWorld,
): Promise<DeviceLink | undefined> {
  if (mqtt === undefined) return undefined;
  const [{ DeviceLink }, { connectTo }] = await Promise.all([
    import('../mqtt/device-link.js'),
    import('../mqtt/connect.js'),
  ]);
  const objects = subscribe.map(({ object }) => object);
  return new DeviceLink(devicePlan(mqtt, fleet, objects), {
    clock: world.clock,
    random: Math.random,
    connect: (request) => connectTo(mqtt, request),
    status: () => world.agent()?.status(),
    document: () => statusText(world),
    obey: (command) => obey(world.agent()!, command),
    warn: (message) => world.emit('warning', { code: 'MQTT', message }),
  });
}

async function coapLink(
  { coap, fleet, subscribe }: LinkOptions,
  world: AgentLinksWorld,
): Promise<AgentCoap | undefined> {
  if (coap === undefined) return undefined;
  const { AgentCoap } = await import('./agent-coap.js');
  const objects = subscribe.map(({ object }) => object);
  return await AgentCoap.open(coap, fleet, objects, {
    clock: world.clock,
    status: () => world.agent()?.status(),
    fetchNow: () => world.agent()?.fetchNow(),
    warn: (message) => world.emit('warning', { code: 'COAP', message }),
  });
}

/** The status for programs, as the status file and a report have it. */
function statusText({ clock, agent }: AgentLinksWorld): object {
  const { fleet, isAwake, isPaused, nextWakeUs, objects }: AgentStatus = agent()!.status();
  const wallMs = clock.wallUs() / 1000;
  const nextMs = nextWakeUs === undefined ? undefined : wallMs + (nextWakeUs - clock.nowUs()) / 1000;
  return {
    fleet,
    isAwake,
    isPaused,
    updatedAt: new Date(wallMs).toISOString(),
    nextWakeAt: nextMs === undefined ? null : new Date(nextMs).toISOString(),
    objects,
  };
}
