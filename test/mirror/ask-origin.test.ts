import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { askOrigin } from '../../dist/mirror/ask-origin.js';

afterEach(() => {
  vi.useRealTimers();
});

/** A request whose answer the test sends, byte by byte. */
async function asked() {
  const server = createServer();
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/f`,
    everyUs: 60e6,
    maxBytes: 1e9,
    s3: undefined,
  };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const { signal } = new AbortController();
  const answered = askOrigin(origin, { known: undefined, part: undefined }, signal);
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  response.writeHead(200, { 'content-length': 1e9 });
  response.flushHeaders();
  const answer = await answered;
  if (answer.kind !== 'content') throw new Error(answer.kind);
  const pieces = answer.body[Symbol.asyncIterator]();
  /** Waits for bytes for so long, which come at the end of that. */
  const waitFor = async (seconds: number, byteCount: number) => {
    let piece = pieces.next();
    piece.catch(() => undefined);
    // The iterator has begun to wait in the next turn.
    await new Promise(setImmediate);
    vi.advanceTimersByTime(seconds * 1000);
    response.write(Buffer.alloc(byteCount));
    for (let came = 0; came < byteCount; piece = pieces.next()) {
      const { value } = await piece;
      came += (value as Uint8Array).length;
      if (came >= byteCount) return;
    }
  };
  return { waitFor };
}

describe('a body that an origin sends', () => {
  it('is given up when too little of it comes, though something comes all the time', async () => {
    const { waitFor } = await asked();
    await waitFor(25, 1);
    await waitFor(25, 1);
    await expect(waitFor(25, 1)).rejects.toThrow('only 2 bytes came for 60 s');
  });

  it('is taken for as long as enough of it comes', async () => {
    const { waitFor } = await asked();
    for (let minute = 0; minute < 10; minute++) await waitFor(55, 60_000);
  });

  it('may wait for the disk of this host as long as that takes', async () => {
    const { waitFor } = await asked();
    await waitFor(1, 10);
    vi.advanceTimersByTime(600_000);
    await waitFor(1, 10);
  });

  it('is given up when nothing of it comes', async () => {
    const { waitFor } = await asked();
    await expect(waitFor(60, 1)).rejects.toThrow('nothing came for 60 s');
  });
});
