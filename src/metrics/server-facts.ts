import type { Sender } from '../create-sender.js';

/** What is known of an object on the air. */
interface Published {
  readonly bytes: number;
  /** By the index of the channel. */
  readonly rates: ReadonlyMap<number, number>;
}

type Stats = ReturnType<Sender['stats']>;

/** What a server's events and counts say of it now. */
export class ServerFacts {
  /** The objects on the air; at most those of the fleet file. */
  readonly published = new Map<string, Published>();
  /** Shares of files that are hashed and encoded, by object. */
  readonly prepared = new Map<string, number>();
  /** Channels whose datagrams the system refuses, by object and index. */
  readonly #failing = new Set<string>();
  #sender: Pick<Sender, 'stats'> = { stats: () => ({ server: undefined, objects: [] }) };

  /** Follows a server from now on; at most one. */
  follow(sender: Sender): void {
    this.#sender = sender;
    sender.on('publish', ({ object, bytes, channels }) => {
      this.prepared.delete(object);
      const rates = new Map(channels.map(({ channel, rateBitsPerSecond }) => [channel, rateBitsPerSecond]));
      this.published.set(object, { bytes, rates });
    });
    sender.on('withdraw', ({ object }) => {
      this.published.delete(object);
      for (const channel of this.#failing) if (channel.startsWith(`${object}\n`)) this.#failing.delete(channel);
    });
    sender.on('refuse', ({ object }) => this.prepared.delete(object));
    sender.on('network', ({ object = '', channel = '', failure }) => {
      if (failure === undefined) this.#failing.delete(`${object}\n${channel}`);
      else this.#failing.add(`${object}\n${channel}`);
    });
    for (const work of ['hashing', 'encoding'] as const) {
      sender.on(work, ({ object, bytes, totalBytes }) => {
        this.prepared.set(object, totalBytes === 0 ? 1 : bytes / totalBytes);
      });
    }
  }

  get stats(): Stats {
    return this.#sender.stats();
  }

  /** Whether the system refuses the datagrams of a channel now. */
  isFailing(object: string, channel: number): boolean {
    return this.#failing.has(`${object}\n${channel}`);
  }

  /** Why nothing is sent at the moment; undefined if something is. */
  get fault(): string | undefined {
    const { objects } = this.stats;
    if (objects.length === 0) return 'no object is being sent';
    const channels = objects.flatMap(({ object, channels }) => channels.map(({ channel }) => ({ object, channel })));
    const isStuck = channels.length > 0 && channels.every(({ object, channel }) => this.isFailing(object, channel));
    return isStuck ? 'the system refuses the datagrams of all channels' : undefined;
  }
}
