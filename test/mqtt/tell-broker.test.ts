import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connectTo } from '../../dist/mqtt/connect.js';
import { tellBroker } from '../../dist/mqtt/tell-broker.js';

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** A broker that answers the first packet of a client with these bytes, and nothing more ever. */
async function brokerOf(answer: Uint8Array) {
  const server = createServer();
  server.listen(0, '::1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  const packets = (async () => {
    const [socket] = (await once(server, 'connection')) as [Socket];
    cleanups.push(() => socket.destroy());
    await once(socket, 'data');
    socket.write(answer);
    return socket;
  })();
  return { url: `mqtt://[::1]:${(server.address() as AddressInfo).port}`, packets };
}

const ACCEPTED = Buffer.from([0x20, 3, 0, 0, 0]);
const MESSAGES = [{ topic: 'a', payload: 'b', isRetained: true }];

describe('a release to a broker that says nothing', () => {
  it.each([
    ['to the connection', Buffer.alloc(0)],
    ['to what is published', ACCEPTED],
  ])('%s ends at once when its user ends it, and leaves no connection open', async (_, answer) => {
    const { url, packets } = await brokerOf(answer);
    const ending = new AbortController();
    const telling = tellBroker((request) => connectTo({ url }, request), 'test', url, MESSAGES, ending.signal);
    telling.catch(() => undefined);
    const socket = await packets;
    if (answer.length > 0) await once(socket, 'data');
    const closed = once(socket, 'close');
    ending.abort(new Error('Ctrl-C'));
    await expect(telling).rejects.toThrow('Ctrl-C');
    await closed;
  });
});
