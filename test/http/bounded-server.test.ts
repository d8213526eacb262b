import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BoundedServer } from '../../dist/http/bounded-server.js';

let refusedCount = 0;
afterEach(() => {
  refusedCount = 0;
  vi.useRealTimers();
});

function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<BoundedServer> {
  const bounds = { host: '127.0.0.1', port: 0, connectionCount: 4, requestMs: 5_000, keepAliveMs: 5_000 };
  return BoundedServer.listen(
    { ...bounds, onRefused: () => refusedCount++, refused: (cause) => cause as Error },
    answer,
  );
}

/** A client that has asked, and takes nothing of the answer. */
async function slowClient({ url }: BoundedServer): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.pause();
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  return socket;
}

/** Takes so many bytes at least. */
async function take(socket: Socket, bytes: number): Promise<void> {
  for (let taken = 0; taken < bytes; ) {
    const piece: Buffer | null = socket.read();
    if (piece === null) await once(socket, 'readable');
    else taken += piece.length;
  }
}

describe('a bounded server', () => {
  it('goes on when the system cannot accept connections, and counts them as refused', async () => {
    await using server = await listen((request, response) => {
      // What Node does with an error of accept(2).
      const { server: listener } = request.socket as Socket & { readonly server: Server };
      for (let i = 0; i < 3; i++) listener.emit('error', new Error('accept ENOMEM'));
      response.end();
    });
    expect([(await fetch(server.url)).status, refusedCount]).toEqual([200, 3]);
  });

  it('ends a client that takes nothing of its answer in five minutes, and none that takes some', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const piece = Buffer.alloc(256 * 1024);
    const begun: ServerResponse[] = [];
    await using server = await listen((_, response) => {
      const write = () => {
        while (response.write(piece));
      };
      response.on('drain', write);
      write();
      begun.push(response);
    });
    const [idle, slow] = [await slowClient(server), await slowClient(server)];
    const idleEnds = once(
      idle.on('error', () => undefined),
      'close',
    );
    await vi.waitFor(() => expect(begun).toHaveLength(2));
    // More than the system keeps for a client, so that it has to take some for the next piece to go.
    for (let minutes = 0; minutes < 20; minutes += 5) {
      await take(slow, 16 * 1024 * 1024);
      vi.advanceTimersByTime(300_000);
    }
    idle.resume();
    await idleEnds;
    expect([slow.destroyed, refusedCount]).toEqual([false, 1]);
    slow.destroy();
  });
});
