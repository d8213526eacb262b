import type { Sender } from '../create-sender.js';
import { count, ratio, truth } from '../events/fields.js';
import { serveEvents } from '../events/serve-events.js';
import { countCode } from './count-code.js';
import { type Figure, type Metric, metricsOf } from './metric.js';
import { ServerFacts } from './server-facts.js';

type Stats = ReturnType<Sender['stats']>;

const { publish } = serveEvents;

/** Follows a server, and says what it does as metrics, with the label `server`. */
export class SenderMetrics {
  readonly #facts: ServerFacts;
  readonly #warningCounts = new Map<string, number>();
  readonly #refusalCounts = new Map<string, number>();
  #reloadFailureCount = 0;
  readonly metrics: readonly Metric[] = metricsOf('layercast_server_', this.#figures(), ['server'], () => {
    const { stats } = this.#facts;
    return [[stats, { server: stats.server ?? '' }]];
  });

  constructor(facts = new ServerFacts()) {
    this.#facts = facts;
  }

  /** Shows a server from now on; at most one. */
  follow(sender: Sender): void {
    this.#facts.follow(sender);
    sender.on('refuse', ({ error }) => countCode(this.#refusalCounts, codeOf(error)));
    sender.on('warning', ({ code }) => countCode(this.#warningCounts, code));
  }

  /** Counts a reload that could not do all that the fleet file says. */
  countFailedReload(): void {
    this.#reloadFailureCount++;
  }

  /** Why nothing is sent at the moment; undefined if something is. */
  get fault(): string | undefined {
    return this.#facts.fault;
  }

  #figures(): readonly Figure<Stats>[] {
    const perObject = { labels: ['object'] };
    const perChannel = { labels: ['object', 'channel'] };
    type ChannelCounts = Stats['objects'][number]['channels'][number];
    const ofChannels = (value: (one: ChannelCounts, object: string) => number | undefined) => (stats: Stats) =>
      stats.objects.flatMap(({ object, channels }) =>
        channels.map((one) => [value(one, object), object, String(one.channel)] as const),
      );
    return [
      {
        name: 'datagrams',
        kind: 'counter',
        field: count('Datagrams handed to the system since the object or its version went on the air.'),
        ...perChannel,
        values: ofChannels(({ datagrams }) => datagrams),
      },
      {
        name: 'sent',
        kind: 'counter',
        field: count('UDP payload of these datagrams.', 'B'),
        ...perChannel,
        values: ofChannels(({ bytes }) => bytes),
      },
      {
        name: 'refused_datagrams',
        kind: 'counter',
        field: count('Datagrams that the system did not take.'),
        ...perChannel,
        values: ofChannels(({ refusedDatagrams }) => refusedDatagrams),
      },
      {
        name: 'skipped_datagrams',
        kind: 'counter',
        field: count('Datagrams that were more than a quarter of a second late and were not sent.'),
        ...perChannel,
        values: ofChannels(({ skippedDatagrams }) => skippedDatagrams),
      },
      {
        name: 'channel_rate',
        kind: 'gauge',
        field: publish.fields.channels.entry.fields.rateBitsPerSecond,
        ...perChannel,
        values: ofChannels(({ channel }, object) => this.#facts.published.get(object)?.rates.get(channel)),
      },
      {
        name: 'channel_up',
        kind: 'gauge',
        field: truth('1 if the system takes the datagrams of the channel, else 0.'),
        ...perChannel,
        values: ofChannels(({ channel }, object) => (this.#facts.isFailing(object, channel) ? 0 : 1)),
      },
      {
        name: 'channel_paused',
        kind: 'gauge',
        field: truth('1 if the channel pauses, because nobody listens or by its schedule; else 0.'),
        ...perChannel,
        values: ofChannels(({ pausedFor }) => (pausedFor.length > 0 ? 1 : 0)),
      },
      {
        name: 'objects',
        kind: 'gauge',
        field: count('Objects that are being sent.'),
        values: ({ objects }) => [[objects.length]],
      },
      {
        name: 'object_version',
        kind: 'gauge',
        field: publish.fields.version,
        ...perObject,
        values: ({ objects }) => objects.map(({ object, version }) => [version, object]),
      },
      {
        name: 'object',
        kind: 'gauge',
        field: publish.fields.bytes,
        ...perObject,
        values: ({ objects }) => objects.map(({ object }) => [this.#facts.published.get(object)?.bytes, object]),
      },
      {
        name: 'prepared',
        kind: 'gauge',
        field: ratio('Share of a file that has been hashed or encoded, while that goes on.'),
        ...perObject,
        values: () => [...this.#facts.prepared].map(([object, share]) => [share, object]),
      },
      {
        name: 'refusals',
        kind: 'counter',
        field: count('Objects or versions that could not be sent, by the code of the error.'),
        labels: ['code'],
        values: () => [...this.#refusalCounts].map(([code, value]) => [value, code]),
      },
      {
        name: 'warnings',
        kind: 'counter',
        field: count('Warnings, by their code.'),
        labels: ['code'],
        values: () => [...this.#warningCounts].map(([code, value]) => [value, code]),
      },
      {
        name: 'reload_failures',
        kind: 'counter',
        field: count('Reloads that could not do all that the fleet file says.'),
        values: () => [[this.#reloadFailureCount]],
      },
    ];
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL';
}
