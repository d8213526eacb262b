import { LayercastError } from '../base/errors.js';
import {
  type BrokerConnection,
  BrokerFault,
  type Connect,
  type OutgoingMessage,
  protocolAfter,
} from './broker-connection.js';

/**
 * Publishes messages in their order, and resolves when the broker has them all.
 *
 * @throws {LayercastError} `NETWORK_UNAVAILABLE`; the reason of the signal, which is obeyed while the broker says nothing, too
 */
export async function tellBroker(
  connect: Connect,
  clientId: string,
  url: string,
  messages: readonly OutgoingMessage[],
  signal: AbortSignal,
): Promise<void> {
  try {
    signal.throwIfAborted();
    const connection = await connected(connect, clientId, signal);
    const stop = () => void connection.end();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (const message of messages) {
        signal.throwIfAborted();
        await connection.publish(message);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await connection.end();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BrokerFault)) throw error;
    throw new LayercastError('NETWORK_UNAVAILABLE', `the broker ${url} cannot be used: ${error.message}`, {
      hint: 'Correct "mqtt" in the fleet file, or start the broker',
      cause: error,
    });
  }
}

/** With MQTT 5, and with 4 where the broker does not know 5. */
async function connected(connect: Connect, clientId: string, signal: AbortSignal): Promise<BrokerConnection> {
  const nothing = { sessionS: 0, will: undefined, onMessage: () => undefined, onClosed: () => undefined };
  const request = { ...nothing, clientId, signal };
  try {
    return await connect({ ...request, protocol: 5 });
  } catch (error) {
    signal.throwIfAborted();
    const protocol = protocolAfter(5, error);
    if (protocol === 5) throw error;
    return await connect({ ...request, protocol });
  }
}
