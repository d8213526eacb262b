import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { EventEmitter } from 'eventemitter3';
import { Agent } from '../agent/agent.js';
import type { AgentPlan, AgentStatus } from '../agent/agent-plan.js';
import type { AgentEvents } from '../agent/events.js';
import type { AgentWorld, ProgramRequest, ReceiveRequest } from '../agent/ports.js';
import type { Clock, Network } from '../base/ports.js';
import { AgentFolder } from '../device/agent-folder.js';
import { runProgram } from '../device/run-program.js';
import { StatusFile } from '../device/status-file.js';
import type { DeviceLink } from '../mqtt/device-link.js';
import { systemNetworkOn } from '../net/system-network.js';
import type { CheckedAgentOptions } from '../options/check-agent-options.js';
import { type BlockRestorer, RestoringThreads } from '../retrieve/block-restorer.js';
import { readContentKey } from '../retrieve/decryption.js';
import { isHeld } from '../retrieve/held-output.js';
import { defaultStateDir } from '../store/state-dir.js';
import type { Anchor } from '../trust/anchor.js';
import { anchorFrom } from '../trust/read-anchor.js';
import type { AgentCoap } from './agent-coap.js';
import { devicePlan, obey } from './agent-mqtt.js';
import { errorOfOnce } from './agent-outcome.js';
import { AgentWatches, togetherOf } from './agent-watches.js';
import type { Engine } from './engine.js';
import { ObjectPursuit, type TellPursuit, type WatchStore } from './object-pursuit.js';

/** The options that count once the agent runs. They can be copied to another thread. */
export type AgentEngineOptions = Omit<CheckedAgentOptions, 'signal' | 'network' | 'clock'>;

export interface AgentEngineWorld {
  /** Undefined for the sockets of this host. */
  readonly network: Network | undefined;
  readonly clock: Clock;
  readonly emit: EventEmitter<AgentEvents>['emit'];
  /** Puts something between a transfer and its store, which looks on. @default nothing */
  readonly watchStore?: WatchStore | undefined;
  /** As in `AgentWorld`. @default none are useless */
  readonly uselessnessOf?: AgentWorld['uselessnessOf'];
}

/** All that an agent has: its folder in the state directory, the watch of each wake, transfers, programs, and the status file. */
export class AgentEngine implements Engine<AgentStatus | undefined, void> {
  readonly #options: AgentEngineOptions;
  readonly #world: AgentEngineWorld;
  readonly #network: Network;
  readonly #stateDir: string;
  readonly #anchor: Anchor;
  #agent: Agent | undefined;
  /** The interface of the present wake. */
  #interface: string | undefined;

  constructor(options: AgentEngineOptions, world: AgentEngineWorld) {
    this.#options = options;
    this.#world = world;
    this.#network = world.network ?? systemNetworkOn(world.clock);
    this.#stateDir = options.stateDir ?? defaultStateDir();
    this.#anchor = anchorFrom(options.key, options.fleet, 'the option key');
  }

  stats(): AgentStatus | undefined {
    return this.#agent?.status();
  }

  /** @throws {LayercastError} as `Agent.done` */
  async run(signal: AbortSignal): Promise<void> {
    const { emit } = this.#world;
    const plan = planOf(this.#options);
    // What is wrong with a content key is told at once, not when an object that needs it is announced.
    for (const path of new Set(plan.objects.map(({ contentKey }) => contentKey))) await readContentKey(path);
    await using folder = await AgentFolder.open({
      stateDir: this.#stateDir,
      fleet: this.#options.fleet,
      anchorId: this.#anchor.id,
      signal,
      onWaiting: (message) => emit('waiting', { message }),
      onDamaged: (message) => emit('warning', { code: 'JOURNAL_DAMAGED', message }),
    });
    await using restorer = new RestoringThreads(Math.min(2, availableParallelism()));
    const status = this.#statusFile();
    const mqtt = await this.#mqtt();
    const coap = await this.#coap();
    const agent = new Agent(plan, this.#agentWorld(folder, restorer, { status, mqtt, coap }, signal));
    this.#agent = agent;
    try {
      const end = await agent.run(signal);
      signal.throwIfAborted();
      const error = this.#options.once ? errorOfOnce(end, this.#options.fleet) : undefined;
      if (error !== undefined) throw error;
    } finally {
      await Promise.all([mqtt?.close(), coap?.[Symbol.asyncDispose]()]);
      await status?.close();
    }
  }

  #agentWorld(
    journal: AgentFolder,
    restorer: BlockRestorer,
    { status, mqtt, coap }: Readers,
    signal: AbortSignal,
  ): AgentWorld {
    const { clock } = this.#world;
    const emit: AgentWorld['emit'] = (name, ...args) => {
      if (name === 'state' || name === 'wake' || name === 'sleep') {
        status?.change();
        mqtt?.change();
      }
      if (name === 'state') coap?.changeState();
      if (name === 'wake') coap?.changeRadio(null);
      if (name === 'sleep') coap?.changeRadio((args[0] as { readonly nextWakeAt: string }).nextWakeAt);
      return this.#world.emit(name, ...args);
    };
    const { network } = this.#world;
    const watches = new AgentWatches(
      { ...this.#options, stateDir: this.#stateDir, anchor: this.#anchor },
      {
        clock,
        network: this.#network,
        hasOwnInterfaces: network !== undefined,
        folder: journal,
        emit,
        signal,
        elsewhere: togetherOf([mqtt, coap].filter((way) => way !== undefined)),
      },
    );
    return {
      clock,
      random: Math.random,
      journal,
      openWatch: async (lowestVersionOf) => {
        const { watch, interface: name } = await watches.open(lowestVersionOf);
        this.#interface = name;
        return watch;
      },
      uselessnessOf: this.#world.uselessnessOf,
      receive: (request) => this.#receive(request, restorer),
      holds: (held, contentKey) => isHeld(held, contentKey, this.#stateDir, signal),
      runProgram: (request) => this.#runProgram(request),
      emit,
    };
  }

  #receive(request: ReceiveRequest, restorer: BlockRestorer): ObjectPursuit {
    const { mode, caution, patienceMs, wait, stateDir, fillAfterMs, fillRateBitsPerSecond } = this.#options;
    const { object } = request.descriptor;
    const emit = this.#world.emit as (name: string, event: object) => boolean;
    const tell: TellPursuit = (name, event) =>
      emit(name, name === 'received' || name === 'waiting' ? event : { object, ...event });
    return new ObjectPursuit(
      request,
      {
        interface: this.#interface,
        mode,
        caution,
        patienceUs: patienceMs * 1000,
        waits: wait,
        journalDir: stateDir,
        stateDir: this.#stateDir,
        anchorId: this.#anchor.id,
        fill: { afterMs: fillAfterMs, rateBitsPerSecond: fillRateBitsPerSecond },
      },
      { clock: this.#world.clock, network: this.#network, restorer, tell, watchStore: this.#world.watchStore },
    );
  }

  /** The device at its broker; what it needs is loaded only if there is one. */
  async #mqtt(): Promise<DeviceLink | undefined> {
    const { mqtt, fleet, subscribe } = this.#options;
    if (mqtt === undefined) return undefined;
    const [{ DeviceLink }, { connectTo }] = await Promise.all([
      import('../mqtt/device-link.js'),
      import('../mqtt/connect.js'),
    ]);
    const objects = subscribe.map(({ object }) => object);
    return new DeviceLink(devicePlan(mqtt, fleet, objects), {
      clock: this.#world.clock,
      random: Math.random,
      connect: (request) => connectTo(mqtt, request),
      status: () => this.#agent?.status(),
      document: () => this.#statusText(),
      obey: (command) => obey(this.#agent!, command),
      warn: (message) => this.#world.emit('warning', { code: 'MQTT', message }),
    });
  }

  /** The device by CoAP; what it needs is loaded only if it is asked for. */
  async #coap(): Promise<AgentCoap | undefined> {
    const { coap, fleet, subscribe } = this.#options;
    if (coap === undefined) return undefined;
    const { AgentCoap } = await import('./agent-coap.js');
    const objects = subscribe.map(({ object }) => object);
    return await AgentCoap.open(coap, fleet, objects, {
      clock: this.#world.clock,
      status: () => this.#agent?.status(),
      fetchNow: () => this.#agent?.fetchNow(),
      warn: (message) => this.#world.emit('warning', { code: 'COAP', message }),
    });
  }

  #runProgram(request: ProgramRequest) {
    const { object, target } = request;
    const onLine = (line: string) => this.#world.emit('output', { object, version: target.version, line });
    return runProgram(request, { onLine });
  }

  #statusFile(): StatusFile | undefined {
    const { statusFile } = this.#options;
    if (statusFile === undefined) return undefined;
    let warned = '';
    return new StatusFile(
      statusFile,
      () => this.#statusText(),
      (message) => {
        // A folder that is missing would otherwise be told at each change.
        if (message !== warned) this.#world.emit('warning', { code: 'STATUS_FAILED', message });
        warned = message;
      },
    );
  }

  #statusText(): object {
    const { clock } = this.#world;
    const { fleet, isAwake, isPaused, nextWakeUs, objects } = this.#agent!.status();
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
}

/** What tells others of the agent. */
interface Readers {
  readonly status: StatusFile | undefined;
  readonly mqtt: DeviceLink | undefined;
  readonly coap: AgentCoap | undefined;
}

function planOf(options: AgentEngineOptions): AgentPlan {
  const { fleet, subscribe, wake, once, retry, maxRateBitsPerSecond, patienceMs } = options;
  const ofAgent = options.contentKey;
  return {
    fleet,
    objects: subscribe.map(({ object, output, run, seeds, fill, contentKey = ofAgent, timeoutMs }) => ({
      object,
      output: typeof output === 'string' && !isAbsolute(output) ? join(process.cwd(), output) : output,
      run,
      seeds,
      fill,
      contentKey,
      timeoutUs: timeoutMs * 1000,
    })),
    wake: wake && {
      everyUs: wake.everyMs === undefined ? undefined : wake.everyMs * 1000,
      forUs: wake.forMs === undefined ? undefined : wake.forMs * 1000,
      jitterRatio: wake.jitterRatio,
      budgetBytes: wake.budgetBytes,
    },
    once,
    retry,
    maxRateBitsPerSecond,
    patienceUs: patienceMs * 1000,
  };
}
