import { LayercastError } from '../base/errors.js';
import {
  type BrokerConnection,
  BrokerFault,
  type Connect,
  type OutgoingMessage,
  protocolAfter,
} from './broker-connection.js';

/** Publishes messages in their order, and resolves when the broker has them all. @throws {LayercastError} `NETWORK_UNAVAILABLE` */
export async function tellBroker(
  connect: Connect,
  clientId: string,
  url: string,
  messages: readonly OutgoingMessage[],
): Promise<void> {
  try {
    const connection = await connected(connect, clientId);
    try {
      for (const message of messages) await connection.publish(message);
    } finally {
      await connection.end();
    }
  } catch (error) {
    if (!(error instanceof BrokerFault)) throw error;
    throw new LayercastError('NETWORK_UNAVAILABLE', `the broker ${url} cannot be used: ${error.message}`, {
      hint: 'Correct "mqtt" in the fleet file, or start the broker',
      cause: error,
    });
  }
}

/** With MQTT 5, and with 4 where the broker does not know 5. */
async function connected(connect: Connect, clientId: string): Promise<BrokerConnection> {
  const request = { clientId, sessionS: 0, will: undefined, onMessage: () => undefined, onClosed: () => undefined };
  try {
    return await connect({ ...request, protocol: 5 });
  } catch (error) {
    const protocol = protocolAfter(5, error);
    if (protocol === 5) throw error;
    return await connect({ ...request, protocol });
  }
}
