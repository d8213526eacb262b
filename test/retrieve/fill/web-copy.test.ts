import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebCopy } from '../../../dist/retrieve/fill/web-copy.js';

const file = randomBytes(100_000);
const { signal } = new AbortController();
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let origin: string;
const server = createServer((request, response) => answer(request, response));

/** Answers as a server does that has the file. */
function serve(request: IncomingMessage, response: ServerResponse, total: number | string = file.length): void {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')!;
  response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${total}` });
  response.end(file.subarray(Number(from), Number(to) + 1));
}

async function read(offset = 1000, length = 5000, url = `${origin}/file.img`): Promise<Buffer> {
  const into = Buffer.alloc(length);
  await new WebCopy(url, file.length).read(offset, into, signal);
  return into;
}

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
  origin = `http://[::1]:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('a copy on a server of the web', () => {
  it('is read at any offset, also where the server sends us elsewhere', async () => {
    answer = (request, response) => {
      if (request.url === '/file.img') response.writeHead(302, { location: '/mirror/file.img' }).end();
      else serve(request, response);
    };
    expect((await read()).equals(file.subarray(1000, 6000))).toBe(true);
    expect((await read(99_999, 1)).equals(file.subarray(99_999))).toBe(true);
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void, string, boolean]>([
    ['ignores the range', (_, response) => response.end(file), 'requests for a part', true],
    ['has another file', (request, response) => serve(request, response, 7), '7 bytes instead of 100000', true],
    ['has no such file', (_, response) => response.writeHead(404).end(), '404 Not Found', true],
    ['is overloaded', (_, response) => response.writeHead(503).end(), '503 Service Unavailable', false],
    [
      'sends another part',
      (_, response) => response.writeHead(206, { 'content-range': 'bytes 0-4999/100000' }).end(file.subarray(0, 5000)),
      'another part',
      true,
    ],
    [
      'sends too little',
      (_, response) => response.writeHead(206, { 'content-range': 'bytes 1000-5999/100000' }).end('short'),
      'the 5000 bytes that it was asked for',
      false,
    ],
    [
      'sends without end',
      (_, response) => {
        response.writeHead(206, { 'content-range': 'bytes 1000-5999/*' });
        const more = () => {
          if (response.destroyed) return;
          response.write(Buffer.alloc(65_536));
          setImmediate(more);
        };
        more();
      },
      'the 5000 bytes that it was asked for',
      false,
    ],
    ['hangs up', (request) => request.socket.destroy(), 'other side closed', false],
  ])('is of no use when the server %s', async (_what, behave, message, isFinal) => {
    answer = behave;
    await expect(read()).rejects.toMatchObject({ message: expect.stringContaining(message), isFinal });
  });

  it('has nothing of what it says control the terminal of people', async () => {
    answer = (_, response) => void response.socket!.end('HTTP/1.1 404 \x1b[2Jgone\x07\r\nContent-Length: 0\r\n\r\n');
    await expect(read()).rejects.toMatchObject({ message: 'it answered 404 \ufffd[2Jgone\ufffd' });
  });

  it('says when nobody answers, and when TLS is not accepted', async () => {
    const port = new URL(origin).port;
    await expect(read(0, 1, `https://[::1]:${port}/file.img`)).rejects.toMatchObject({
      message: expect.stringMatching(/TLS is not accepted/),
    });
    await expect(read(0, 1, 'http://[::1]:65533/file.img')).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
      isFinal: false,
    });
  });

  it('may have the digests of its blocks beside it', async () => {
    const digests = randomBytes(96);
    answer = (request, response) => {
      if (request.url === '/file.img.digests?x=1') response.end(digests);
      else response.writeHead(404).end();
    };
    const copy = (url: string) => new WebCopy(`${origin}${url}`, file.length);
    expect(Buffer.from((await copy('/file.img?x=1').digests(96, signal))!)).toEqual(digests);
    expect(await copy('/other.img').digests(96, signal)).toBeUndefined();
    await expect(copy('/file.img?x=1').digests(64, signal)).rejects.toThrow('64 bytes');
  });

  it('is read no further when the receiver stops', async () => {
    answer = () => undefined;
    const stopping = new AbortController();
    const reading = new WebCopy(`${origin}/file.img`, file.length).read(0, Buffer.alloc(10), stopping.signal);
    stopping.abort(new Error('stopped'));
    await expect(reading).rejects.toThrow('stopped');
  });
});
