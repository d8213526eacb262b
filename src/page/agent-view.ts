import type { AgentStatus } from '../agent/agent-plan.js';
import type { WatchedAgent } from '../create-agent.js';
import type { GatewayStatus } from '../engine/gateway.js';
import type { PageView } from './live-page.js';
import { type Clients, type Kept, MAX_ROWS, type Past, type ViewState } from './live-state.js';
import { Notes } from './notes.js';
import { TransferRecord } from './transfer-record.js';

/** Transfers whose history is kept: those of objects that were received last. With their histories they take half a megabyte. */
const MAX_TRANSFERS = 16;

/** Follows an agent, or the agent that a gateway is, for the page. */
export class AgentView implements PageView {
  readonly role: 'agent' | 'gateway';
  readonly #nowMs: () => number;
  readonly #notes: Notes;
  /** By the name of the object; the one that was changed last is the last. */
  readonly #records = new Map<string, TransferRecord>();
  #agent: Pick<WatchedAgent, 'status'> | undefined;

  constructor(role: 'agent' | 'gateway', nowMs = Date.now) {
    this.role = role;
    this.#nowMs = nowMs;
    this.#notes = new Notes(nowMs);
  }

  /** Shows an agent from now on, after one that has ended. */
  follow(agent: WatchedAgent): void {
    this.#agent = agent;
    agent.on('state', ({ object, version, state, message }) => {
      if (state === 'receiving') this.#of(object).begin(version);
      if (state === 'verified') this.#records.get(object)?.complete();
      if (state === 'failed') this.#notes.add(`${object}, version ${version}: ${message ?? 'failed'}`);
    });
    agent.on('progress', (event) => this.#of(event.object).measure(this.#nowMs(), event));
    for (const kind of ['join', 'leave'] as const) {
      agent.on(kind, (event) => this.#of(event.object).decide(this.#nowMs(), kind, event));
    }
    agent.on('received', ({ object }) => this.#records.get(object)?.complete());
    for (const kind of ['warning', 'waiting'] as const) agent.on(kind, ({ message }) => this.#notes.add(message));
  }

  get state(): ViewState {
    const status = this.#agent?.status();
    return {
      name: status?.fleet ?? '',
      transfers: [...this.#records.values()].map(({ state }) => state).reverse(),
      kept: keptOf(status),
      clients: clientsOf(status as GatewayStatus | undefined),
      notes: this.#notes.all,
    };
  }

  get past(): Past {
    return { histories: Object.fromEntries([...this.#records].map(([object, { history }]) => [object, history])) };
  }

  #of(object: string): TransferRecord {
    const record = this.#records.get(object) ?? new TransferRecord(object);
    this.#records.delete(object);
    this.#records.set(object, record);
    if (this.#records.size > MAX_TRANSFERS) {
      const [oldest] = this.#records.keys();
      this.#records.delete(oldest!);
    }
    return record;
  }
}

function keptOf(status: AgentStatus | undefined): Kept {
  const objects = (status?.objects ?? []).map(({ object, version, state, bytes, appliedVersion, message }) => ({
    ...{ object, version, state, bytes, appliedVersion, message },
  }));
  return { objects: objects.slice(0, MAX_ROWS), hiddenCount: Math.max(0, objects.length - MAX_ROWS) };
}

/** Undefined for an agent, which has none. */
function clientsOf(status: GatewayStatus | undefined): Clients | undefined {
  if (status?.clients === undefined) return undefined;
  const { urls, waitingCount, clients } = status;
  const protocols = Object.entries(clients).map(([protocol, { answers, bodyBytes, refusedCount }]) => ({
    ...{ protocol, answers, bodyBytes, refusedCount },
  }));
  return { urls, waitingCount, protocols };
}
