import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAIN, runHere } from '../cli/run-cli.js';
import { isSigned } from './signature-check.js';

/** An origin that does as it is told. */
class Origin {
  content = randomBytes(200_000);
  /** Undefined: it gives none. */
  etag: ((content: Buffer) => string) | undefined = (content) => `"${sha256(content).toString('hex')}"`;
  digest: Buffer | undefined;
  /** Ends each answer after so many bytes. */
  cutAfter = Infinity;
  status: number | undefined;
  hasLength = true;
  /** The Content-Encoding that it names; its bytes stay as they are. */
  encoding: string | undefined;
  /** Whether it compares If-None-Match. */
  isComparing = true;
  isAllowed: (request: IncomingMessage) => boolean = () => true;
  readonly answers: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<Origin> {
    const origin = new Origin();
    origin.#server.listen(0, '127.0.0.1');
    await once(origin.#server, 'listening');
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/firmware.img`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const tag = this.etag?.(this.content);
    const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers;
    const isUnchanged = this.isComparing && tag !== undefined && ifNoneMatch === tag;
    const from = tag !== undefined && ifRange === tag ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
    const found = isUnchanged ? 304 : from >= this.content.length ? 416 : from > 0 ? 206 : 200;
    const status = this.status ?? (this.isAllowed(request) ? found : 403);
    this.answers.push(from > 0 && status === 206 ? `206 from ${from}` : `${status}`);
    const body = status === 200 || status === 206 ? this.content.subarray(from) : Buffer.alloc(0);
    const headers = {
      ...(tag === undefined ? {} : { etag: tag }),
      ...(this.digest === undefined ? {} : { 'repr-digest': `sha-256=:${this.digest.toString('base64')}:` }),
      ...(status === 206 ? { 'content-range': `bytes ${from}-${this.content.length - 1}/${this.content.length}` } : {}),
      ...(this.encoding === undefined ? {} : { 'content-encoding': this.encoding }),
      ...(this.hasLength ? { 'content-length': body.length } : {}),
      ...(status === 302 ? { location: 'http://elsewhere.example/' } : {}),
    };
    response.writeHead(status, headers);
    if (body.length <= this.cutAfter) response.end(body);
    else response.write(body.subarray(0, this.cutAfter), () => setTimeout(() => response.destroy(), 20));
  }
}

let folder: string;
let origin: Origin;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'layercast-mirror-'));
  origin = await Origin.start();
  writeFileSync(join(folder, 'firmware.img'), 'old');
});
afterEach(() => {
  origin.stop();
  rmSync(folder, { recursive: true, force: true });
});

const path = (name: string) => join(folder, name);
const version = () => Number(/version: (\d+)/.exec(readFileSync(path('fleet.yaml'), 'utf8'))![1]);
const image = () => readFileSync(path('firmware.img'));

/** Looks once, after the fleet file was written with these settings of the origin. */
async function mirror(settings = '', more: readonly string[] = []) {
  if (!existsSync(path('fleet.yaml'))) {
    const of = `{ url: "${origin.url}"${settings} }`;
    const object = `{ file: firmware.img, version: 1, origin: ${of}, ladder: { from: 1Mbit, to: 4Mbit } }`;
    writeFileSync(path('fleet.yaml'), `fleet: acme\nkey: layercast.key\nobjects:\n  firmware: ${object}\n`);
  }
  return runHere(['mirror', '--once', '--state', path('state'), ...more], { cwd: folder });
}

describe('mirror', () => {
  it('publishes what the origin has, and nothing more until that changes', async () => {
    expect((await mirror()).code).toBe(0);
    expect([version(), image().equals(origin.content)]).toEqual([2, true]);
    // What a look decides is said only to those who ask.
    expect((await mirror()).stderr).toBe('');
    expect([version(), origin.answers]).toEqual([2, ['200', '304']]);
    expect((await mirror('', ['-v'])).stderr).toBe(
      `firmware: ${origin.url}: nothing to do: nothing has changed since the last look\n`,
    );
    origin.content = randomBytes(1000);
    await mirror();
    expect([version(), image().equals(origin.content)]).toEqual([3, true]);
    // The same bytes under another tag are no new version.
    origin.etag = () => '"other"';
    await mirror();
    expect(version()).toBe(3);
    expect(readdirSync(folder).toSorted()).toEqual(['firmware.img', 'firmware.img.mirror.json', 'fleet.yaml']);
  });

  it('continues an interrupted download where it stopped, and raises the version only when all is there', async () => {
    origin.cutAfter = 70_000;
    const cut = await mirror();
    expect([cut.code, version(), image().toString()]).toEqual([1, 1, 'old']);
    expect(cut.stderr).toContain('firmware');
    await mirror();
    origin.cutAfter = Infinity;
    await mirror();
    expect([version(), image().equals(origin.content)]).toEqual([2, true]);
    expect(origin.answers).toEqual(['200', '206 from 69999', '206 from 139998']);
  });

  it('continues behind what was certainly on disk as the power was cut: zeros may be behind that', async () => {
    const part = Buffer.concat([origin.content.subarray(0, 60_000), Buffer.alloc(40_000)]);
    writeFileSync(path('firmware.img.mirror'), part);
    const partEtag = origin.etag!(origin.content);
    writeFileSync(path('firmware.img.mirror.json'), JSON.stringify({ url: origin.url, partEtag, partBytes: 60_000 }));
    expect((await mirror()).code).toBe(0);
    expect(origin.answers).toEqual(['206 from 59999']);
    expect([version(), image().equals(origin.content)]).toEqual([2, true]);
  });

  it('begins anew when the content has changed in between, or its tag is weak: bytes of two contents are never mixed', async () => {
    origin.cutAfter = 70_000;
    await mirror();
    origin.content = randomBytes(150_000);
    await mirror();
    origin.etag = (content) => `W/"${content.length}"`;
    origin.content = randomBytes(160_000);
    await mirror();
    origin.cutAfter = Infinity;
    await mirror();
    expect(origin.answers).toEqual(['200', '200', '200', '200']);
    expect([version(), image().equals(origin.content)]).toEqual([2, true]);
  });

  it('ends at once when there is nothing to fetch, whether the origin compares tags or not: nothing of a look stays behind', async () => {
    await mirror();
    for (const isComparing of [true, false]) {
      origin.isComparing = isComparing;
      const made = vi.spyOn(globalThis, 'setTimeout');
      const cleared = vi.spyOn(globalThis, 'clearTimeout');
      expect((await mirror()).code).toBe(0);
      const silences = made.mock.results.filter((_, i) => made.mock.calls[i]![1] === 60_000);
      const left = silences.filter(({ value }) => !cleared.mock.calls.some(([timer]) => timer === value));
      expect([silences.length > 0, left]).toEqual([true, []]);
      vi.restoreAllMocks();
    }
    expect([version(), origin.answers]).toEqual([2, ['200', '304', '200']]);
  });

  it('keeps what has come whole when it cannot be published, and publishes it at the next look', async () => {
    await mirror();
    origin.content = randomBytes(100_000);
    rmSync(path('firmware.img'));
    mkdirSync(path('firmware.img'));
    writeFileSync(path('firmware.img/in-the-way'), '');
    expect((await mirror()).code).not.toBe(0);
    rmSync(path('firmware.img'), { recursive: true });
    expect((await mirror()).code).toBe(0);
    expect(origin.answers).toEqual(['200', '200', '206 from 99999']);
    expect([version(), image().equals(origin.content)]).toEqual([3, true]);
  });

  it('raises the version of a file that was in its place as the power was cut, and does so once', async () => {
    await mirror();
    origin.content = randomBytes(90_000);
    const hex = sha256(origin.content).toString('hex');
    // The file is in its place, and the version is not raised yet.
    for (const name of ['firmware.img', 'firmware.img.mirror']) writeFileSync(path(name), origin.content);
    const state = { url: origin.url, partEtag: `"${hex}"`, publishing: { sha256: hex, version: 2 } };
    writeFileSync(path('firmware.img.mirror.json'), JSON.stringify(state));
    expect((await mirror()).code).toBe(0);
    expect([version(), image().equals(origin.content)]).toEqual([3, true]);
    // The version is raised, and nobody has noted it.
    writeFileSync(path('firmware.img.mirror'), origin.content);
    writeFileSync(path('firmware.img.mirror.json'), JSON.stringify(state));
    expect((await mirror()).code).toBe(0);
    expect(version()).toBe(3);
  });

  it('says what keeps this host from storing what came, and how to mend it', async () => {
    const object = `{ file: images/firmware.img, version: 1, origin: { url: "${origin.url}" }, ladder: { from: 1Mbit, to: 4Mbit } }`;
    writeFileSync(path('fleet.yaml'), `fleet: acme\nkey: layercast.key\nobjects:\n  firmware: ${object}\n`);
    const { code, stderr } = await mirror();
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /images\/firmware\.img\.mirror(\.json)?": there is no such file or directory\n {2}.*mkdir -p/,
      ),
    ]);
  });

  it('refuses an answer that is compressed on the way: its length, its parts and its SHA-256 are of other bytes', async () => {
    origin.content = gzipSync(randomBytes(1000));
    origin.encoding = 'gzip';
    const { code, stderr } = await mirror();
    expect([code, version(), image().toString()]).toEqual([1, 1, 'old']);
    expect(stderr).toContain('Content-Encoding: gzip');
    origin.encoding = 'identity';
    expect((await mirror()).code).toBe(0);
    expect(image().equals(origin.content)).toBe(true);
  });

  it('compares the SHA-256 that the origin names', async () => {
    origin.digest = sha256(Buffer.from('something else'));
    const { code, stderr } = await mirror();
    expect([code, version()]).toEqual([1, 1]);
    expect(stderr).toContain('do not have the SHA-256');
    origin.digest = sha256(origin.content);
    expect((await mirror()).code).toBe(0);
    expect(version()).toBe(2);
  });

  it('takes no file that is larger than allowed, whether the origin says so or not', async () => {
    for (const hasLength of [true, false]) {
      origin.hasLength = hasLength;
      const { code, stderr } = await mirror(', maxSize: 199kB');
      expect([code, version()]).toEqual([1, 1]);
      expect(stderr).toContain('more than 199000 bytes');
    }
    expect(existsSync(path('firmware.img.mirror'))).toBe(false);
  });

  it('takes no file of which only the end of the connection says that it is whole, unless its SHA-256 is named', async () => {
    const content = randomBytes(5000);
    const digest = () => `repr-digest: sha-256=:${sha256(content).toString('base64')}:\r\n`;
    let more = '';
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${more}\r\n`), content])));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/firmware.img`;
      const object = `{ file: firmware.img, version: 1, origin: { url: "${url}" }, ladder: { from: 1Mbit, to: 4Mbit } }`;
      writeFileSync(path('fleet.yaml'), `fleet: acme\nkey: layercast.key\nobjects:\n  firmware: ${object}\n`);
      const { code, stderr } = await mirror();
      expect([code, version(), image().toString()]).toEqual([1, 1, 'old']);
      expect(stderr).toContain('does not say where its file ends');
      more = digest();
      expect((await mirror()).code).toBe(0);
      expect([version(), image().equals(content)]).toEqual([2, true]);
    } finally {
      server.close();
    }
  });

  it('follows no redirect, and says what was answered', async () => {
    for (const [status, text] of [
      [302, 'sends to http://elsewhere.example/'],
      [404, 'answered 404'],
      [503, 'answered 503'],
    ] as const) {
      origin.status = status;
      const { code, stderr } = await mirror();
      expect([code, stderr.includes(text)]).toEqual([1, true]);
    }
    origin.stop();
    expect((await mirror()).stderr).toContain('ECONNREFUSED');
    expect(version()).toBe(1);
  });

  it('looks at all origins, also when some cannot be used, and ends with what went wrong first', async () => {
    const others = await Promise.all([Origin.start(), Origin.start()]);
    try {
      const [second, third] = others;
      origin.status = 404;
      second!.status = 500;
      const object = (file: string, { url }: Origin) =>
        `{ file: ${file}, version: 1, origin: { url: "${url}" }, ladder: { from: 1Mbit, to: 4Mbit } }`;
      const objects = [
        `  firmware: ${object('firmware.img', origin)}`,
        `  maps: ${object('maps.img', second!)}`,
        `  texts: ${object('texts.img', third!)}`,
      ];
      writeFileSync(path('fleet.yaml'), `fleet: acme\nkey: layercast.key\nobjects:\n${objects.join('\n')}\n`);
      const { code, stderr } = await mirror();
      expect(code).toBe(1);
      expect(stderr).toMatch(/^warning: maps: .*answered 500.*\n[\s\S]*firmware: .*answered 404/);
      expect(readFileSync(path('texts.img')).equals(third!.content)).toBe(true);
    } finally {
      for (const other of others) other.stop();
    }
  });

  it('signs its requests to a bucket, also those for a part', async () => {
    const user = {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      region: 'eu-central-1',
    };
    origin.isAllowed = (request) => isSigned(request, user, Date.now());
    const lines = `AWS_ACCESS_KEY_ID=${user.accessKeyId}\nAWS_SECRET_ACCESS_KEY=`;
    writeFileSync(path('keys'), `${lines}guess\n`);
    const settings = ', s3: { region: eu-central-1, credentials: keys }';
    expect((await mirror(settings)).stderr).toContain('answered 403');
    writeFileSync(path('keys'), `${lines}${user.secretAccessKey}\n`);
    origin.cutAfter = 100_000;
    await mirror();
    origin.cutAfter = Infinity;
    expect((await mirror()).code).toBe(0);
    await mirror();
    expect(origin.answers).toEqual(['403', '200', '206 from 99999', '304']);
    expect([version(), image().equals(origin.content)]).toEqual([2, true]);
  });

  it('reads the fleet file again on SIGHUP and looks at once, and keeps what it had if the new one is wrong', async () => {
    const write = (origins: string) =>
      writeFileSync(
        path('fleet.yaml'),
        `fleet: acme\nobjects:\n  firmware: { file: firmware.img, version: 1, ${origins}, ladder: { from: 1Mbit, to: 4Mbit } }\n`,
      );
    write(`origin: { url: "${origin.url}", every: 1h }`);
    const env = { ...process.env, JOURNAL_STREAM: '' };
    const process_ = spawn(process.execPath, [MAIN, 'mirror', '--state', path('state'), '-v'], { cwd: folder, env });
    const ended = once(process_, 'exit');
    let text = '';
    process_.stderr.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    const isSaid = (what: string) => vi.waitFor(() => expect(text).toContain(what), { timeout: 30_000, interval: 20 });
    try {
      await vi.waitFor(() => expect(version()).toBe(2), { timeout: 30_000, interval: 20 });
      process_.kill('SIGHUP');
      await isSaid('nothing to do: nothing has changed since the last look');
      write('orgin: {}');
      process_.kill('SIGHUP');
      await isSaid('warning: the old settings stay: ./fleet.yaml:3');
      write('mode: best');
      process_.kill('SIGHUP');
      await isSaid('warning: the old settings stay: no object of ./fleet.yaml has an origin');
      // It runs for days, so what it says has a time.
      expect(text.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (warning: the old|firmware: http)/gm)?.length).toBeGreaterThan(
        2,
      );
      origin.content = randomBytes(1000);
      write(`origin: { url: "${origin.url}?new", every: 1h }`);
      process_.kill('SIGHUP');
      await vi.waitFor(() => expect(image().equals(origin.content)).toBe(true), { timeout: 30_000, interval: 20 });
      expect(process_.exitCode ?? process_.signalCode).toBe(null);
    } finally {
      process_.kill('SIGTERM');
    }
    expect(await ended).toEqual([143, null]);
  });

  it('says what is wrong with the fleet file', async () => {
    writeFileSync(
      path('fleet.yaml'),
      'fleet: acme\nobjects:\n  a: { file: firmware.img, version: 1, ladder: { from: 1Mbit, to: 4Mbit } }\n',
    );
    expect((await mirror()).stderr).toContain('no object of ./fleet.yaml has an origin');
    rmSync(path('fleet.yaml'));
    origin.etag = undefined;
    const { code } = await mirror(', s3: { region: x, credentials: missing }');
    expect(code).toBe(1);
    writeFileSync(
      path('fleet.yaml'),
      'fleet: acme\nobjects:\n  a: { dir: images, version: 1, origin: { url: "ftp://x" }, ladder: { from: 1Mbit, to: 4Mbit } }\n',
    );
    const { stderr } = await mirror();
    expect(stderr).toContain('not an address of the web, found "ftp://x"');
  });
});

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
