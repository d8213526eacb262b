import type { WatchedAgent } from '../create-agent.js';
import { agentEvents } from '../events/agent-events.js';
import type { EventOf } from '../events/event-types.js';
import { count, truth } from '../events/fields.js';
import { countCode } from './count-code.js';
import { type Figure, type Metric, metricsOf } from './metric.js';
import { PROGRESS_FIGURES, type Progressing } from './progress-figures.js';

/** What is known of one object that an agent keeps. */
interface Kept extends Progressing {
  progress: Progressing['progress'];
  state: EventOf<typeof agentEvents.state> | undefined;
  receivedCount: number;
  receivedBytes: number;
  programCount: number;
}

const { state } = agentEvents;

const FIGURES: readonly Figure<Kept>[] = [
  {
    name: 'object_state',
    kind: 'gauge',
    field: truth('1 for the state that the object has, 0 for all others.'),
    labels: ['state'],
    values: ({ state: event }) =>
      event === undefined ? [] : state.fields.state.words.map((word) => [word === event.state ? 1 : 0, word]),
  },
  {
    name: 'object_version',
    kind: 'gauge',
    field: count('Newest version of the object that the agent knows.'),
    values: ({ state: event }) => [[event?.version]],
  },
  {
    name: 'applied_version',
    kind: 'gauge',
    field: count('Version that was taken over last.'),
    values: ({ state: event }) => [[event?.appliedVersion]],
  },
  {
    name: 'received_versions',
    kind: 'counter',
    field: count('Versions that were received whole.'),
    values: ({ receivedCount }) => [[receivedCount]],
  },
  {
    name: 'received',
    kind: 'counter',
    field: count('Symbol bytes of the versions that were received whole, duplicates included.', 'B'),
    values: ({ receivedBytes }) => [[receivedBytes]],
  },
  {
    name: 'program_starts',
    kind: 'counter',
    field: count('How often the program that takes a version over was started.'),
    values: ({ programCount }) => [[programCount]],
  },
];

/** Counts that belong to no single object. */
interface Whole {
  readonly wakeCount: number;
  readonly warningCounts: ReadonlyMap<string, number>;
}

const WHOLE_FIGURES: readonly Figure<Whole>[] = [
  { name: 'wakes', kind: 'counter', field: count('Wakes that have begun.'), values: ({ wakeCount }) => [[wakeCount]] },
  {
    name: 'warnings',
    kind: 'counter',
    field: count('Warnings, by their code.'),
    labels: ['code'],
    values: ({ warningCounts }) => [...warningCounts].map(([code, value]) => [value, code]),
  },
];

/** Follows an agent, and says what it does as metrics. Transfers have the metrics of receivers, with the labels `fleet` and `object`. */
export class AgentMetrics {
  #fleet = '';
  /** By the name of the object: at most those of the agent's journal. */
  readonly #kept = new Map<string, Kept>();
  #wakeCount = 0;
  readonly #warningCounts = new Map<string, number>();
  readonly metrics: readonly Metric[] = [
    ...metricsOf('layercast_agent_', FIGURES, ['fleet', 'object'], () => this.#sources()),
    ...metricsOf('layercast_receiver_', PROGRESS_FIGURES, ['fleet', 'object'], () => this.#sources()),
    ...metricsOf('layercast_agent_', WHOLE_FIGURES, ['fleet'], () => [
      [{ wakeCount: this.#wakeCount, warningCounts: this.#warningCounts }, { fleet: this.#fleet }],
    ]),
  ];

  /** Shows an agent from now on, after one that has ended. */
  follow(agent: WatchedAgent): void {
    agent.on('start', ({ fleet }) => {
      this.#fleet = fleet;
      // By new settings an object may be none of the agent's any more.
      const known = new Set(agent.status()?.objects.map(({ object }) => object));
      for (const object of this.#kept.keys()) if (!known.has(object)) this.#kept.delete(object);
    });
    agent.on('wake', () => {
      this.#wakeCount++;
    });
    agent.on('state', (event) => {
      const kept = this.#of(event.object);
      kept.state = event;
      if (event.state !== 'receiving') kept.progress = undefined;
    });
    agent.on('progress', (event) => {
      this.#of(event.object).progress = event;
    });
    agent.on('received', ({ object, payloadBytes }) => {
      const kept = this.#of(object);
      kept.receivedCount++;
      kept.receivedBytes += payloadBytes;
    });
    agent.on('program', ({ object }) => {
      this.#of(object).programCount++;
    });
    agent.on('warning', ({ code }) => countCode(this.#warningCounts, code));
  }

  /** Which objects have failed; undefined if none has. */
  get fault(): string | undefined {
    const failed = [...this.#kept].filter(([, { state: event }]) => event?.state === 'failed').map(([name]) => name);
    return failed.length === 0 ? undefined : `failed: ${failed.join(', ')}`;
  }

  #of(object: string): Kept {
    const known = this.#kept.get(object);
    if (known !== undefined) return known;
    const kept = { progress: undefined, state: undefined, receivedCount: 0, receivedBytes: 0, programCount: 0 };
    this.#kept.set(object, kept);
    return kept;
  }

  #sources(): readonly (readonly [Kept, { readonly fleet: string; readonly object: string }])[] {
    return [...this.#kept].map(([object, kept]) => [kept, { fleet: this.#fleet, object }]);
  }
}
