import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { EventEmitter } from 'eventemitter3';
import { Agent } from '../agent/agent.js';
import type { AgentPlan, AgentStatus, HeldObject } from '../agent/agent-plan.js';
import type { AgentEvents } from '../agent/events.js';
import type { AgentWorld, ProgramRequest, ReceiveRequest } from '../agent/ports.js';
import type { Clock, Network } from '../base/ports.js';
import { AgentFolder } from '../device/agent-folder.js';
import { runProgram } from '../device/run-program.js';
import { systemNetworkOn } from '../net/system-network.js';
import type { CheckedAgentOptions } from '../options/check-agent-options.js';
import { type BlockRestorer, RestoringThreads } from '../retrieve/block-restorer.js';
import { readContentKey } from '../retrieve/decryption.js';
import { discardOutput } from '../retrieve/discard-output.js';
import { isHeld } from '../retrieve/held-output.js';
import { defaultStateDir } from '../store/state-dir.js';
import type { Anchor } from '../trust/anchor.js';
import { anchorFrom } from '../trust/read-anchor.js';
import { AgentLinks } from './agent-links.js';
import { errorOfOnce } from './agent-outcome.js';
import { AgentWatches } from './agent-watches.js';
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
  /** Forgets objects that the fleet does not announce any more. @default they are kept for ever */
  readonly forget?: Forgetting | undefined;
}

/** When objects are forgotten, and what hears of that. */
export interface Forgetting {
  readonly afterUs: number;
  /** Called before the files of the object are removed. */
  readonly onForget: (object: string) => void;
}

/** All that an agent has: its folder in the state directory, the watch of each wake, pursuits, programs, and links with others. */
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

  /** As `Agent.held`; nothing before the journal has been read. */
  held(): readonly HeldObject[] {
    return this.#agent?.held() ?? [];
  }

  /** @throws {LayercastError} as `Agent.done` */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, emit } = this.#world;
    const plan: AgentPlan = { ...planOf(this.#options), forgetAfterUs: this.#world.forget?.afterUs };
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
    const links = await AgentLinks.open(this.#options, { clock, emit, agent: () => this.#agent });
    const agent = new Agent(plan, this.#agentWorld(folder, restorer, links, signal));
    this.#agent = agent;
    try {
      const end = await agent.run(signal);
      signal.throwIfAborted();
      const error = this.#options.once ? errorOfOnce(end, this.#options.fleet) : undefined;
      if (error !== undefined) throw error;
    } finally {
      await links.close();
    }
  }

  #agentWorld(journal: AgentFolder, restorer: BlockRestorer, links: AgentLinks, signal: AbortSignal): AgentWorld {
    const { clock, network } = this.#world;
    const emit: AgentWorld['emit'] = (name, ...args) => {
      links.tell(name, args[0]);
      return this.#world.emit(name, ...args);
    };
    const watches = new AgentWatches(
      { ...this.#options, stateDir: this.#stateDir, anchor: this.#anchor },
      {
        clock,
        network: this.#network,
        hasOwnInterfaces: network !== undefined,
        folder: journal,
        emit,
        signal,
        elsewhere: links.elsewhere,
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
      discard: async (object, path) => {
        this.#world.forget?.onForget(object);
        await discardOutput(path, this.#options.stateDir);
      },
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

  #runProgram(request: ProgramRequest) {
    const { object, target } = request;
    const onLine = (line: string) => this.#world.emit('output', { object, version: target.version, line });
    return runProgram(request, { onLine });
  }
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
