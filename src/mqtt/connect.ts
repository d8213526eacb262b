import { readFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { IClientOptions, MqttClient } from 'mqtt';
import { errnoOf } from '../base/errors.js';
import { MAX_RECORD_BYTES } from '../base/limits.js';
import { unlessAborted } from '../base/waiting.js';
import type { Broker } from '../fleet/broker.js';
import {
  type BrokerConnection,
  BrokerFault,
  type ConnectRequest,
  MessageRefused,
  type Will,
} from './broker-connection.js';
import { PacketLimit } from './packet-limit.js';

/** A connection that is not there by then is tried again later (src/mqtt/broker-link.ts). A modem that wakes up needs some seconds. */
const CONNECT_MS = 15_000;
/** A broker takes a host for gone after one and a half times this time (MQTT 5, section 3.1.2.10). */
const KEEPALIVE_S = 60;
/** A broker that does not close within this time is left. */
const FAREWELL_MS = 2000;
/** The longest packet that is read: a record with its topic and properties. */
const MAX_PACKET_BYTES = MAX_RECORD_BYTES + 4096;
/** Messages that the broker may have under way to this host. */
const RECEIVE_MAXIMUM = 32;

/** Opens a connection to a broker. Files of passwords and certificates are read anew each time. @throws {BrokerFault} */
export async function connectTo(broker: Broker, request: ConnectRequest): Promise<BrokerConnection> {
  const { MqttClient } = await import('mqtt');
  const options = { ...optionsOf(request), ...(await credentials(broker)) };
  const secrets = await tlsFiles(broker);
  const stream: { error?: Error } = {};
  const client = new MqttClient(() => {
    const socket = openSocket(broker.url, secrets);
    socket.on('error', (error) => {
      stream.error ??= error;
    });
    limit(socket, (message) => {
      stream.error ??= new Error(message);
    });
    return socket;
  }, options);
  return await opened(client, request, stream);
}

/** Whether the answer to a request for a connection may come from a broker that does not know the protocol. */
function isOfProtocol(error: Error | undefined, protocol: 4 | 5): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  // 1: MQTT 3.1.1, unacceptable protocol version; 132: MQTT 5, unsupported protocol version.
  if (code === 1 || code === 132) return true;
  // A broker of MQTT 3.1.1 may also close, or answer in its own form, which is no answer of MQTT 5.
  return protocol === 5 && typeof code !== 'number' && errnoOf(error) === undefined;
}

function opened(client: MqttClient, request: ConnectRequest, stream: { error?: Error }): Promise<BrokerConnection> {
  return new Promise((resolve, reject) => {
    let isOpen = false;
    let isClosed = false;
    let failure: Error | undefined;
    const connection = new Connection(client);
    const stop = () => client.end(true);
    request.signal?.addEventListener('abort', stop, { once: true });
    if (request.signal?.aborted) stop();
    client.on('error', (error) => {
      failure ??= error;
    });
    client.on('connect', () => {
      isOpen = true;
      request.signal?.removeEventListener('abort', stop);
      resolve(connection);
    });
    client.on('message', (topic, payload, packet) => {
      request.onMessage({ topic, payload, isRetained: packet.retain });
    });
    client.on('close', () => {
      if (isClosed) return;
      isClosed = true;
      const error = stream.error ?? failure;
      const reason = error === undefined ? 'the broker closed the connection' : reasonOf(error);
      connection.close(reason);
      client.end(true);
      if (isOpen) request.onClosed(reason);
      else reject(new BrokerFault(reason, isOfProtocol(error, request.protocol)));
    });
  });
}

class Connection implements BrokerConnection {
  readonly #client: MqttClient;
  readonly #closing = new AbortController();

  constructor(client: MqttClient) {
    this.#client = client;
  }

  /** Lets all that waits for the broker fail. */
  close(reason: string): void {
    this.#closing.abort(new BrokerFault(reason));
  }

  async publish({ topic, payload, isRetained, expiresS }: Parameters<BrokerConnection['publish']>[0]): Promise<void> {
    const properties = expiresS === undefined ? {} : { properties: { messageExpiryInterval: expiresS } };
    const bytes = typeof payload === 'string' ? payload : Buffer.from(payload);
    await this.#done((callback) =>
      this.#client.publish(topic, bytes, { qos: 1, retain: isRetained, ...properties }, (error) =>
        callback(isRefusal(error) ? new MessageRefused(reasonOf(error)) : error),
      ),
    );
  }

  async subscribe(topics: readonly string[]): Promise<void> {
    await this.#done((callback) => this.#client.subscribe([...topics], { qos: 1 }, callback));
  }

  async end(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      // The client waits for all acknowledgements before it closes, for ever if the broker sends none.
      const timer = setTimeout(() => this.#client.stream.destroy(), FAREWELL_MS);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#closing.signal.addEventListener('abort', done, { once: true });
      this.#client.end(false, {}, done);
    });
  }

  #done(start: (callback: (error?: Error | null) => void) => void): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      start((error) => {
        if (error) reject(error instanceof BrokerFault ? error : new BrokerFault(reasonOf(error)));
        else resolve();
      });
    });
    return unlessAborted(done, this.#closing.signal);
  }
}

function optionsOf({ protocol, clientId, sessionS, will }: ConnectRequest): IClientOptions {
  return {
    protocolVersion: protocol,
    clientId,
    clean: sessionS === 0,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    ...(will === undefined ? {} : { will: willOf(will, protocol) }),
    ...(protocol === 4
      ? {}
      : {
          properties: {
            sessionExpiryInterval: sessionS,
            receiveMaximum: RECEIVE_MAXIMUM,
            maximumPacketSize: MAX_PACKET_BYTES,
          },
        }),
  };
}

function willOf({ topic, payload, delayS }: Will, protocol: 4 | 5): NonNullable<IClientOptions['will']> {
  const properties = protocol === 4 ? {} : { properties: { willDelayInterval: delayS } };
  return { topic, payload: Buffer.from(payload), qos: 1, retain: true, ...properties };
}

async function credentials({ username, passwordFile }: Broker): Promise<IClientOptions> {
  const password = passwordFile === undefined ? undefined : (await read(passwordFile)).toString('utf8').trimEnd();
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

async function tlsFiles({ ca, certificate, privateKey }: Broker): Promise<TlsFiles> {
  return {
    ...(ca === undefined ? {} : { ca: await read(ca) }),
    ...(certificate === undefined ? {} : { cert: await read(certificate) }),
    ...(privateKey === undefined ? {} : { key: await read(privateKey) }),
  };
}

async function read(path: string): Promise<Buffer> {
  return await readFile(path).catch((error: unknown) => {
    throw new BrokerFault(`cannot read ${path} (${errnoOf(error)})`);
  });
}

function openSocket(url: string, files: TlsFiles): Socket {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'mqtt:') return connectTcp({ host, port: Number(port || 1883) });
  const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  return connectTls({ host, port: Number(port || 8883), ...servername, ...files });
}

/** Closes the connection at a packet that may not be read. The listener comes before that of the client library, so no such packet is read. */
function limit(socket: Socket, tell: (message: string) => void): void {
  const packets = new PacketLimit(MAX_PACKET_BYTES);
  socket.on('data', (bytes) => {
    const fault = packets.look(bytes);
    if (fault === undefined) return;
    tell(`the broker sent ${fault}`);
    socket.destroy();
  });
}

/** Whether the broker answered a message with a reason code (MQTT 5, section 3.4.2.1), and keeps the connection. */
function isRefusal(error: Error | null | undefined): error is Error {
  return typeof (error as { readonly code?: unknown } | null | undefined)?.code === 'number';
}

function reasonOf(error: Error): string {
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  const { message } = first ?? error;
  return message === '' ? (errnoOf(error) ?? error.name) : message;
}
