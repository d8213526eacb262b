import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { BoundedServer } from '../../dist/http/bounded-server.js';

it('goes on when the system cannot accept connections, and counts them as refused', async () => {
  let refusedCount = 0;
  await using server = await BoundedServer.listen(
    {
      ...{ host: '127.0.0.1', port: 0, connectionCount: 4, requestMs: 5_000, keepAliveMs: 5_000 },
      onRefused: () => refusedCount++,
      refused: (cause) => cause as Error,
    },
    (request, response) => {
      // What Node does with an error of accept(2).
      const { server: listener } = request.socket as Socket & { readonly server: Server };
      for (let i = 0; i < 3; i++) listener.emit('error', new Error('accept ENOMEM'));
      response.end();
    },
  );
  expect([(await fetch(server.url)).status, refusedCount]).toEqual([200, 3]);
});
