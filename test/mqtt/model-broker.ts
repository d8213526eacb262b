import {
  type BrokerConnection,
  BrokerFault,
  type ConnectRequest,
  type IncomingMessage,
  MessageRefused,
  type OutgoingMessage,
} from '../../dist/mqtt/broker-connection.js';
import type { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';

interface Client {
  readonly request: ConnectRequest;
  isOpen: boolean;
  /** Lets what waits for the broker fail. */
  onEnd: () => void;
  filters: readonly string[];
}

/** A broker in virtual time that does what MQTT says of retained messages, sessions and wills. */
export class ModelBroker {
  readonly #clock: VirtualClock;
  /** Whether it answers at all. */
  isUp = true;
  /** Whether it acknowledges subscriptions. */
  isMute = false;
  /** Topics that nobody may publish to end so. */
  forbidden: string | undefined;
  /** The highest protocol that it knows. */
  protocol: 4 | 5 = 5;
  /** When somebody asked for a connection, in seconds, and with which protocol. */
  readonly asked: { readonly atS: number; readonly protocol: 4 | 5 }[] = [];
  /** All that was published, in order. */
  readonly published: OutgoingMessage[] = [];
  readonly retained = new Map<string, OutgoingMessage>();
  #client: Client | undefined;
  readonly #filtersOfSessions = new Map<string, readonly string[]>();
  readonly #waiting: OutgoingMessage[] = [];

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get isConnected(): boolean {
    return this.#client?.isOpen === true;
  }

  /** Payloads that were published on topics that end so. */
  texts(end: string): readonly string[] {
    return this.published.filter(({ topic }) => topic.endsWith(end)).map(({ payload }) => String(payload));
  }

  readonly connect = async (request: ConnectRequest): Promise<BrokerConnection> => {
    this.asked.push({ atS: this.#clock.nowUs / 1e6, protocol: request.protocol });
    if (!this.isUp) throw new BrokerFault('connect ECONNREFUSED');
    if (request.protocol > this.protocol) throw new BrokerFault('unsupported protocol version', true);
    const client: Client = {
      request,
      isOpen: true,
      onEnd: () => undefined,
      filters: this.#filtersOfSessions.get(request.clientId) ?? [],
    };
    this.#client = client;
    const fail = () => {
      if (!client.isOpen) throw new BrokerFault('closed');
    };
    // What the session has kept comes before anybody subscribes again.
    if (client.filters.length > 0) {
      for (const message of this.#waiting.splice(0)) this.#deliver(client, message, false);
    }
    return {
      publish: async (message) => {
        fail();
        if (this.forbidden !== undefined && message.topic.endsWith(this.forbidden)) {
          throw new MessageRefused('Publish error: Not authorized');
        }
        this.#take(message);
      },
      subscribe: async (topics) => {
        fail();
        if (this.isMute) {
          await new Promise<void>((_, reject) => {
            client.onEnd = () => reject(new BrokerFault('closed'));
          });
        }
        client.filters = topics;
        this.#filtersOfSessions.set(request.clientId, topics);
        for (const message of this.retained.values()) this.#deliver(client, message, true);
      },
      end: async () => {
        if (client.isOpen) this.#close(client, 'ended');
      },
    };
  };

  /** Somebody publishes a message. */
  publish(topic: string, payload: string | Uint8Array, isRetained = false): void {
    const message = { topic, payload, isRetained };
    this.#take(message);
    if (this.isConnected) this.#deliver(this.#client!, message, false);
    else if (!isRetained) this.#waiting.push(message);
  }

  /** The connection breaks; the will is told after its delay, unless the device is back by then. */
  cut(): void {
    const client = this.#client;
    if (client === undefined || !client.isOpen) return;
    this.#close(client, 'connection reset');
    const { will } = client.request;
    if (will === undefined) return;
    const delayUs = client.request.protocol === 5 ? will.delayS * 1e6 : 0;
    this.#clock.at(this.#clock.nowUs + delayUs, () => {
      if (!this.isConnected) this.#take({ topic: will.topic, payload: will.payload, isRetained: true });
    });
  }

  #close(client: Client, reason: string): void {
    client.isOpen = false;
    client.onEnd();
    client.request.onClosed(reason);
  }

  #take(message: OutgoingMessage): void {
    this.published.push(message);
    if (message.isRetained) this.retained.set(message.topic, message);
  }

  #deliver({ request, filters }: Client, { topic, payload }: OutgoingMessage, isRetained: boolean): void {
    if (!filters.some((filter) => fits(filter, topic))) return;
    const message: IncomingMessage = { topic, payload: Buffer.from(payload), isRetained };
    request.onMessage(message);
  }
}

function fits(filter: string, topic: string): boolean {
  const expression = filter.replace(/[.*?^$()[\]{}|\\]/g, '\\$&').replaceAll('+', '[^/]+');
  return new RegExp(`^${expression}$`).test(topic);
}
