import type { Receiver } from '../create-receiver.js';
import type { EventOf } from '../events/event-types.js';
import { fetchEvents, receiverStats } from '../events/fetch-events.js';
import { count, truth } from '../events/fields.js';
import { countCode } from './count-code.js';
import { type Figure, type Metric, metricsOf } from './metric.js';
import { PROGRESS_FIGURES, type Progressing } from './progress-figures.js';

/** What is known of one receiver. */
interface Followed extends Progressing {
  readonly receiver: Pick<Receiver, 'stats'>;
  readonly labels: { readonly fleet: string; readonly object: string };
  version: number | undefined;
  progress: Progressing['progress'];
  joinCount: number;
  leaveCount: number;
  readonly warningCounts: Map<string, number>;
  isComplete: boolean;
}

const stats = receiverStats.fields;
const channelStats = stats.channels.entry.fields;

const FIGURES: readonly Figure<Followed>[] = [
  {
    name: 'datagrams',
    kind: 'counter',
    field: channelStats.datagrams,
    labels: ['channel'],
    values: ({ receiver }) => of(receiver.stats()?.channels, (one) => [one.datagrams, String(one.channel)]),
  },
  {
    name: 'lost_datagrams',
    kind: 'counter',
    field: channelStats.lostDatagrams,
    labels: ['channel'],
    values: ({ receiver }) => of(receiver.stats()?.channels, (one) => [one.lostDatagrams, String(one.channel)]),
  },
  {
    name: 'server_datagrams',
    kind: 'counter',
    field: count('Datagrams received, by the server that sent them.'),
    labels: ['server'],
    values: ({ receiver }) => of(receiver.stats()?.servers, (one) => [one.datagrams, one.server]),
  },
  {
    name: 'server_lost_datagrams',
    kind: 'counter',
    field: count('Datagrams lost, by the server that sent them.'),
    labels: ['server'],
    values: ({ receiver }) => of(receiver.stats()?.servers, (one) => [one.lostDatagrams, one.server]),
  },
  {
    name: 'invalid_datagrams',
    kind: 'counter',
    field: stats.invalidDatagrams,
    labels: ['reason'],
    values: ({ receiver }) => Object.entries(receiver.stats()?.invalid ?? {}).map(([reason, value]) => [value, reason]),
  },
  total('dropped_datagrams', stats.droppedDatagrams, (counts) => counts.droppedDatagrams),
  total('payload', stats.payloadBytes, (counts) => counts.payloadBytes),
  total('duplicate', stats.duplicateBytes, (counts) => counts.duplicateBytes),
  total('rejected_blocks', stats.rejectedBlocks, (counts) => counts.rejectedBlocks),
  {
    name: 'joins',
    kind: 'counter',
    field: count('Channels joined.'),
    values: ({ joinCount }) => [[joinCount]],
  },
  {
    name: 'leaves',
    kind: 'counter',
    field: count('Channels left.'),
    values: ({ leaveCount }) => [[leaveCount]],
  },
  {
    name: 'warnings',
    kind: 'counter',
    field: count('Warnings, by their code.'),
    labels: ['code'],
    values: ({ warningCounts }) => [...warningCounts].map(([code, value]) => [value, code]),
  },
  ...PROGRESS_FIGURES,
  {
    name: 'object_version',
    kind: 'gauge',
    field: fetchEvents.complete.fields.version,
    values: ({ version }) => [[version]],
  },
  {
    name: 'complete',
    kind: 'gauge',
    field: truth('1 if the newest version that was announced is complete, else 0.'),
    values: ({ isComplete }) => [[isComplete ? 1 : 0]],
  },
];

/** Follows receivers, and says what they do as metrics, with the labels `fleet` and `object`. */
export class ReceiverMetrics {
  readonly #followed = new Set<Followed>();
  readonly metrics: readonly Metric[] = metricsOf('layercast_receiver_', FIGURES, ['fleet', 'object'], () =>
    [...this.#followed].map((one) => [one, one.labels] as const),
  );

  /** Shows a receiver until the returned function is called. At most one for an object of a fleet. */
  follow(receiver: Receiver, labels: { readonly fleet: string; readonly object: string }): () => void {
    const followed: Followed = {
      receiver,
      labels: { fleet: labels.fleet, object: labels.object },
      version: undefined,
      progress: undefined,
      joinCount: 0,
      leaveCount: 0,
      warningCounts: new Map(),
      isComplete: false,
    };
    this.#followed.add(followed);
    receiver.on('descriptor', ({ descriptor }) => {
      followed.version = descriptor.version;
      followed.isComplete = false;
    });
    receiver.on('progress', (event) => {
      followed.progress = event;
    });
    receiver.on('join', () => followed.joinCount++);
    receiver.on('leave', () => followed.leaveCount++);
    receiver.on('warning', ({ code }) => countCode(followed.warningCounts, code));
    receiver.on('complete', () => {
      followed.isComplete = true;
    });
    return () => this.#followed.delete(followed);
  }

  /** Why nothing is received at the moment; undefined if every receiver has heard of its object. */
  get fault(): string | undefined {
    const silent = [...this.#followed].filter(({ version }) => version === undefined);
    if (silent.length === 0) return undefined;
    const names = silent.map(({ labels }) => `${labels.fleet}/${labels.object}`);
    return `no announcement of ${names.join(', ')} has been heard`;
  }
}

type Counts = EventOf<typeof receiverStats>;

function total(name: string, field: Figure<Followed>['field'], value: (counts: Counts) => number): Figure<Followed> {
  return { name, kind: 'counter', field, values: ({ receiver }) => of(receiver.stats(), (counts) => [value(counts)]) };
}

type Values = ReturnType<Figure<Followed>['values']>;

/** A value of each entry, or of one record; none of what is not known yet. */
function of<Entry>(
  known: Entry | readonly Entry[] | undefined,
  value: (entry: Entry) => readonly [number, ...(readonly string[])],
): Values {
  if (known === undefined) return [];
  return (Array.isArray(known) ? (known as readonly Entry[]) : [known as Entry]).map(value);
}
