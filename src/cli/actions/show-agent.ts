import type { WatchedAgent } from '../../create-agent.js';
import { ServiceManager } from '../../device/service-manager.js';
import type { AgentMetrics } from '../../metrics/agent-metrics.js';
import type { Metric } from '../../metrics/metric.js';
import type { AgentView } from '../../page/agent-view.js';
import { type Detail, detailOf } from '../detail.js';
import { tellPeople } from '../display/agent-display.js';
import { printEvent } from '../json/print-event.js';
import type { Flags } from '../settings.js';
import { type Watching, watching } from '../watching.js';

/** How a command shows an agent: its events on stderr or as JSON on stdout, its metrics, and to the service manager how it is doing. */
export class AgentShow implements Disposable {
  readonly #json: typeof import('../json/agent-events.js') | undefined;
  readonly #watched: Watching<AgentMetrics, AgentView> | undefined;
  readonly #manager: ServiceManager | undefined;

  readonly #detail: Detail;

  private constructor(
    detail: Detail,
    json: typeof import('../json/agent-events.js') | undefined,
    watched: Watching<AgentMetrics, AgentView> | undefined,
    manager: ServiceManager | undefined,
  ) {
    this.#detail = detail;
    this.#json = json;
    this.#watched = watched;
    this.#manager = manager;
  }

  /**
   * Loads what the flags ask for, before the agent begins: no event may be missed.
   *
   * @throws {LayercastError} as `watching`
   */
  static async prepare(flags: Flags, role: AgentView['role']): Promise<AgentShow> {
    const detail = detailOf(flags);
    // Only JSON needs the declarations of events.
    const json = flags.json ? await import('../json/agent-events.js') : undefined;
    const watched = await watching(flags, async () => {
      const { AgentMetrics } = await import('../../metrics/agent-metrics.js');
      const { AgentView } = await import('../../page/agent-view.js');
      return { figures: new AgentMetrics(), view: new AgentView(role) };
    });
    return new AgentShow(detail, json, watched, await ServiceManager.find(process.env));
  }

  /** Shows an agent from now on, after one that has ended. Call it in the turn in which the agent was made. @param signal ends the agent */
  follow(agent: WatchedAgent, signal: AbortSignal): void {
    this.#watched?.figures.follow(agent);
    this.#watched?.view.follow(agent);
    if (this.#json === undefined) tellPeople(agent, this.#detail);
    else this.#json.tellPrograms(agent, printEvent);
    if (this.#manager !== undefined) tellServiceManager(agent, this.#manager, signal);
  }

  /**
   * Serves the metrics of the agents that are followed, before and after.
   *
   * @param more makes metrics beside them; called only if somebody asked for metrics
   * @returns the endpoint; undefined if nobody asked for it
   * @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen
   */
  async openMetrics(more?: () => Promise<readonly Metric[]>): Promise<AsyncDisposable | undefined> {
    if (this.#watched === undefined) return undefined;
    return await this.#watched.show(await more?.());
  }

  [Symbol.dispose](): void {
    this.#manager?.[Symbol.dispose]();
  }
}

/** Tells the service manager how an agent is doing. The agent is ready as soon as it has its journal: an interface may come days later. */
function tellServiceManager(agent: WatchedAgent, manager: ServiceManager, signal: AbortSignal): void {
  let next: string | undefined;
  const tell = () => manager.status(statusText(agent, next));
  agent.once('start', () => manager.ready());
  agent.on('wake', () => {
    next = undefined;
    tell();
  });
  agent.on('sleep', ({ nextWakeAt }) => {
    next = nextWakeAt;
    tell();
  });
  agent.on('state', tell);
  signal.addEventListener('abort', () => manager.stopping(), { once: true });
}

/** Such as `listening; 3 applied, 1 receiving`. */
function statusText(agent: WatchedAgent, nextWakeAt: string | undefined): string {
  const counts = new Map<string, number>();
  for (const { state } of agent.status()?.objects ?? []) counts.set(state, (counts.get(state) ?? 0) + 1);
  const objects = [...counts].map(([state, count]) => `${count} ${state}`).join(', ') || 'nothing announced yet';
  return `${nextWakeAt === undefined ? 'listening' : `asleep until ${nextWakeAt}`}; ${objects}`;
}
