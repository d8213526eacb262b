import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { HttpEndpoint, plain } from '../../dist/metrics/http-endpoint.js';

const listen = (host = '127.0.0.1', port = 0) =>
  HttpEndpoint.listen({
    host,
    port,
    answers: {
      '/healthz': () => plain(200, 'ok'),
      '/broken': () => {
        throw new Error('secret');
      },
    },
  });

it('answers GET and HEAD of its paths, and says of others what there is', async () => {
  await using endpoint = await listen();
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`${endpoint.url}${path}`, { method });
    return [response.status, await response.text()];
  };
  expect(await ask('/healthz')).toEqual([200, 'ok\n']);
  expect(await ask('/healthz?verbose')).toEqual([200, 'ok\n']);
  expect(await ask('/healthz', 'HEAD')).toEqual([200, '']);
  expect(await ask('/healthz', 'POST')).toEqual([405, 'only GET and HEAD\n']);
  expect(await ask('/constructor')).toEqual([404, 'nothing here; there is /healthz, /broken\n']);
  expect(await ask('/broken')).toEqual([500, 'this answer could not be made\n']);
});

it('takes no more connections than it has room for, and none after it is closed', async () => {
  const endpoint = await listen();
  const port = Number(new URL(endpoint.url).port);
  const sockets = Array.from({ length: 40 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  const ends = sockets.map((socket) => once(socket, 'close').then(() => 'closed'));
  // The connections above the bound are closed at once; all others wait for requests.
  let closedCount = 0;
  await new Promise<void>((resolve) => {
    for (const end of ends) void end.then(() => (++closedCount === 8 ? resolve() : undefined));
  });
  await endpoint[Symbol.asyncDispose]();
  expect(await Promise.all(ends)).toHaveLength(40);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
});

it('says which address is taken, and what to do', async () => {
  await using endpoint = await listen();
  const port = Number(new URL(endpoint.url).port);
  await expect(listen('127.0.0.1', port)).rejects.toMatchObject({
    code: 'NETWORK_UNAVAILABLE',
    message: `cannot serve metrics on 127.0.0.1, port ${port}: another program listens there (EADDRINUSE)`,
    hint: expect.stringContaining('--metrics'),
  });
});
