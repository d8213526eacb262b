import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClientTally } from '../../dist/gateway/client-counts.js';
import { HttpGateway } from '../../dist/gateway/http-gateway.js';
import { pathTarget, versionPath } from '../../dist/gateway/object-answer.js';
import { Shelf } from '../../dist/gateway/shelf.js';
import { BLOCKS, Content } from './content.js';

describe('a gateway', () => {
  let shelf: Shelf;
  let gateway: HttpGateway;
  let tally: ClientTally;
  beforeEach(async () => {
    shelf = new Shelf();
    tally = new ClientTally();
    const bounds = { clientCount: 8, waitMs: 300 };
    gateway = await HttpGateway.listen(shelf, { host: '127.0.0.1', port: 0, ...bounds }, tally);
  });
  afterEach(async () => {
    shelf.close();
    await gateway[Symbol.asyncDispose]();
  });

  const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
    fetch(`${gateway.url}${path}`, { headers, method });
  const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

  function whole(object: string, version: number): Content {
    const content = new Content(object, version);
    shelf.complete(content.identity, content.file);
    return content;
  }

  it('serves the newest whole version with its tag and digest, and each version at an address that never changes', async () => {
    const { bytes, descriptor } = whole('maps/north', 3);
    const hex = Buffer.from(descriptor.sha256).toString('hex');
    for (const path of ['/objects/maps%2Fnorth', '/objects/maps%2Fnorth/3']) {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('etag')).toBe(`"sha256-${hex}"`);
      expect(response.headers.get('repr-digest')).toBe(`sha-256=:${Buffer.from(hex, 'hex').toString('base64')}:`);
      expect(response.headers.get('content-location')).toBe('/objects/maps%2Fnorth/3');
      expect(response.headers.get('cache-control')).toMatch(path.endsWith('3') ? /immutable/ : /no-cache/);
      expect((await bytesOf(response)).equals(bytes)).toBe(true);
    }
    const head = await get('/objects/maps%2Fnorth', {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), (await bytesOf(head)).length]).toEqual([200, '19950', 0]);
    const ranged = await get('/objects/maps%2Fnorth', { range: 'bytes=5-9' }, 'HEAD');
    expect([ranged.status, ranged.headers.get('content-length')]).toEqual([200, '19950']);
    expect(await (await get('/objects')).json()).toEqual({
      objects: [
        {
          object: 'maps/north',
          url: '/objects/maps%2Fnorth',
          versions: [{ version: 3, url: '/objects/maps%2Fnorth/3', bytes: 19_950, provenBytes: 19_950, sha256: hex }],
        },
      ],
    });
  });

  it('answers ranges, and refuses what it cannot serve', async () => {
    const { bytes, descriptor } = whole('a', 1);
    const tag = `"sha256-${Buffer.from(descriptor.sha256).toString('hex')}"`;
    const part = await get('/objects/a', { range: 'bytes=5000-', 'if-range': tag });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 5000-19949/19950']);
    expect((await bytesOf(part)).equals(bytes.subarray(5000))).toBe(true);
    const other = await get('/objects/a', { range: 'bytes=5000-', 'if-range': '"other"' });
    expect([other.status, (await bytesOf(other)).length]).toEqual([200, 19_950]);
    const beyond = await get('/objects/a', { range: 'bytes=19950-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */19950']);
    expect((await get('/objects/a', { 'if-none-match': tag })).status).toBe(304);
    expect((await get('/objects/a', { 'if-match': '"other"' })).status).toBe(412);
    for (const path of ['/objects/b', '/objects/a/2', '/objects/a/1/x', '/objects/%ff', '/x', '/objects/a%2F1']) {
      expect((await get(path)).status, path).toBe(404);
    }
    expect((await get('/objects/a', {}, 'DELETE')).status).toBe(405);
  });

  it('has no cache keep a refusal for those who ask for the same version otherwise', async () => {
    whole('a', 1);
    for (const [status, fields] of [
      [416, { range: 'bytes=19950-' }],
      [412, { 'if-match': '"other"' }],
    ] as const) {
      const refused = await get('/objects/a/1', fields);
      expect([refused.status, refused.headers.get('cache-control')]).toEqual([status, 'no-store']);
    }
  });

  it('serves what is proven of a transfer; what is not waits, and then the client is told to come again', async () => {
    const content = new Content('a', 1);
    const store = shelf.begin(content.descriptor, content.store());
    store.acceptBlock(2);
    const block = await get('/objects/a', { range: 'bytes=4000-5999' });
    expect(block.status).toBe(206);
    expect((await bytesOf(block)).equals(content.bytes.subarray(4000, 6000))).toBe(true);
    const early = await get('/objects/a');
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '5']);
    // A request that waits gets its bytes when they are proven, in whatever order.
    const waiting = get('/objects/a', { range: 'bytes=1990-2010' });
    store.acceptBlock(1);
    store.acceptBlock(0);
    const came = await waiting;
    expect((await bytesOf(came)).equals(content.bytes.subarray(1990, 2011))).toBe(true);
    // The rest does not come in time: the connection ends before the length that was said.
    const cut = await get('/objects/a');
    expect(cut.status).toBe(200);
    await expect(cut.arrayBuffer()).rejects.toThrow();
  });

  it('counts answers by class, the bytes of bodies, and who waits for bytes', async () => {
    const { bytes } = whole('a', 1);
    await (await get('/objects/a')).arrayBuffer();
    await (await get('/objects/a', { range: 'bytes=0-9' })).arrayBuffer();
    await get('/objects/a', {}, 'HEAD');
    const missing = (await (await get('/objects/b')).arrayBuffer()).byteLength;
    await get('/objects/b', {}, 'HEAD');
    expect(tally.answers).toEqual({ '2xx': 3, '3xx': 0, '4xx': 2, '5xx': 0 });
    expect(tally.bodyBytes).toBe(bytes.length + 10 + missing);
    const content = new Content('c', 1);
    const store = shelf.begin(content.descriptor, content.store());
    const waiting = get('/objects/c', { range: 'bytes=0-9' });
    await expect.poll(() => shelf.waitingCount).toBe(1);
    store.acceptBlock(0);
    expect((await waiting).status).toBe(206);
    expect(shelf.waitingCount).toBe(0);
  });

  it('goes on from part file to file in the middle of an answer', async () => {
    const content = new Content('a', 1);
    const store = shelf.begin(content.descriptor, content.store());
    store.acceptBlock(0);
    const response = await get('/objects/a');
    for (let block = 1; block < BLOCKS; block++) store.acceptBlock(block);
    await store.commit();
    await store.close();
    shelf.complete(content.identity, content.file);
    expect((await bytesOf(response)).equals(content.bytes)).toBe(true);
  });

  it('gives who has begun the old version whole, and 412 to who insists on it later, never a mix', async () => {
    const old = new Content('a', 1, 8_000_000);
    shelf.complete(old.identity, old.file);
    // A client that reads slowly.
    const slow = await new Promise<import('node:http').IncomingMessage>((resolve) =>
      request(`${gateway.url}/objects/a`, resolve).end(),
    );
    slow.pause();
    const next = new Content('a', 2);
    const store = shelf.begin(next.descriptor, next.store());
    store.acceptBlock(0);
    expect((await get('/objects/a', {}, 'HEAD')).headers.get('content-location')).toBe(versionPath('a', 1));
    expect((await bytesOf(await get('/objects/a/2', { range: 'bytes=0-9' }))).equals(next.bytes.subarray(0, 10))).toBe(
      true,
    );
    for (let block = 1; block < BLOCKS; block++) store.acceptBlock(block);
    await store.commit();
    shelf.complete(next.identity, next.file);
    expect(old.file.isClosed).toBe(false);
    const chunks: Buffer[] = [];
    for await (const chunk of slow) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(old.bytes)).toBe(true);
    const tag = slow.headers.etag!;
    expect((await get('/objects/a', { range: 'bytes=100-', 'if-match': tag })).status).toBe(412);
    const anew = await get('/objects/a', { range: 'bytes=100-', 'if-range': tag });
    expect([anew.status, (await bytesOf(anew)).equals(next.bytes)]).toEqual([200, true]);
    expect((await get('/objects/a/1')).status).toBe(404);
    await expect.poll(() => old.file.isClosed).toBe(true);
  });

  it('forgets a transfer that has ended or is received in other pieces, and serves the next one', async () => {
    const [first, second] = [new Content('a', 1), new Content('a', 1)];
    const store = shelf.begin(first.descriptor, first.store());
    store.acceptBlock(0);
    await store.close();
    expect((await get('/objects/a', { range: 'bytes=0-9' })).status).toBe(503);
    const again = shelf.begin(second.descriptor, second.store());
    again.acceptBlock(0);
    expect((await bytesOf(await get('/objects/a', { range: 'bytes=0-9' }))).equals(second.bytes.subarray(0, 10))).toBe(
      true,
    );
  });

  it('has a bound for connections, and ends one that says nothing', async () => {
    const sockets = Array.from({ length: 12 }, () => connect(Number(new URL(gateway.url).port), '127.0.0.1'));
    let closedCount = 0;
    for (const socket of sockets) socket.on('close', () => closedCount++).on('error', () => undefined);
    await expect.poll(() => closedCount).toBe(4);
    expect(tally.refusedCount).toBe(4);
    for (const socket of sockets) socket.destroy();
  });

  it('ends a client that sends requests without waiting for the answers', async () => {
    const { bytes } = whole('a', 1);
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1').on('error', () => undefined);
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.write('GET /objects/a HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(500));
    await new Promise((resolve) => socket.on('close', resolve));
    expect(received).toBeLessThan(3 * bytes.length);
  });

  it('keeps the newer version when an older one is found later', async () => {
    const newer = whole('a', 2);
    const older = new Content('a', 1);
    shelf.complete(older.identity, older.file);
    expect((await bytesOf(await get('/objects/a'))).equals(newer.bytes)).toBe(true);
    expect(older.file.isClosed).toBe(true);
  });

  it('serves a version of before that is found whole while a newer one is received, and goes on with that', async () => {
    const newer = new Content('a', 2);
    const store = shelf.begin(newer.descriptor, newer.store());
    const older = whole('a', 1);
    expect((await bytesOf(await get('/objects/a/1'))).equals(older.bytes)).toBe(true);
    for (let block = 0; block < BLOCKS; block++) store.acceptBlock(block);
    expect((await bytesOf(await get('/objects/a/2'))).equals(newer.bytes)).toBe(true);
    expect((await bytesOf(await get('/objects/a'))).equals(older.bytes)).toBe(true);
    await store.commit();
    shelf.complete(newer.identity, newer.file);
    expect((await bytesOf(await get('/objects/a'))).equals(newer.bytes)).toBe(true);
  });

  it('serves an object no more that was dropped, and serves it again when it comes back', async () => {
    const content = whole('a', 1);
    const { changeCount } = shelf;
    shelf.drop('a');
    expect(shelf.changeCount).toBeGreaterThan(changeCount);
    expect([(await get('/objects/a')).status, content.file.isClosed]).toEqual([404, true]);
    expect(await (await get('/objects')).json()).toEqual({ objects: [] });
    const { bytes } = whole('a', 1);
    expect((await bytesOf(await get('/objects/a'))).equals(bytes)).toBe(true);
  });

  it('refuses an address that another program has', async () => {
    const port = Number(new URL(gateway.url).port);
    const again = HttpGateway.listen(shelf, { host: '127.0.0.1', port, clientCount: 1, waitMs: 1 });
    await expect(again).rejects.toMatchObject({
      code: 'NETWORK_UNAVAILABLE',
      message: expect.stringContaining('another program listens there (EADDRINUSE)'),
      hint: expect.stringContaining('the option listen'),
    });
  });
});

describe('addresses of objects', () => {
  it('name every object and version, and nothing else', () => {
    for (const object of ['a', 'maps/north', 'ü %2F', '..', '?#']) {
      expect(pathTarget(versionPath(object, 7))).toEqual({ object, version: 7 });
    }
    for (const url of [
      '/objects/',
      '/objects/a/0',
      '/objects/a/07',
      '/objects/a/-1',
      '/objects//1',
      '/objects/%',
      '/object/a',
      '',
    ]) {
      expect(pathTarget(url), url).toBeUndefined();
    }
  });
});
