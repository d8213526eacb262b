import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpGateway } from '../../dist/gateway/http-gateway.js';
import { Shelf } from '../../dist/gateway/shelf.js';
import { until } from '../lab/until.js';
import { Content } from './content.js';

const NGINX = '/usr/sbin/nginx';
const run = promisify(execFile);

describe('a gateway among other programs', () => {
  let folder: string;
  let shelf: Shelf;
  let gateway: HttpGateway;
  const cleanups: (() => unknown)[] = [];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'layercast-peers-'));
    shelf = new Shelf();
    gateway = await HttpGateway.listen(shelf, { host: '127.0.0.1', port: 0, clientCount: 16, waitMs: 300 });
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
    shelf.close();
    await gateway[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const path = (name: string) => join(folder, name);

  function whole(version: number): Content {
    const content = new Content('image', version);
    shelf.complete(content.identity, content.file);
    return content;
  }

  it.skipIf(!existsSync(NGINX))(
    'is kept by nginx for as long as nothing changes, and asked again after that (skipped without nginx)',
    async () => {
      const port = await freePort();
      const lines = [
        'daemon off; master_process off; worker_processes 1; error_log stderr; events { worker_connections 64; }',
        `pid ${path('pid')};`,
        'http { access_log off;',
        ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${path(name)};`),
        `proxy_cache_path ${path('cache')} keys_zone=layercast:1m;`,
        `server { listen 127.0.0.1:${port}; location /objects { proxy_pass ${gateway.url}; proxy_http_version 1.1;`,
        'proxy_cache layercast; proxy_cache_revalidate on; proxy_set_header Connection "";',
        'add_header x-cache $upstream_cache_status; } } }',
      ];
      writeFileSync(path('nginx.conf'), lines.join('\n'));
      const nginx = spawn(NGINX, ['-p', folder, '-c', path('nginx.conf')], { stdio: 'ignore' });
      cleanups.push(async () => {
        nginx.kill('SIGTERM');
        await once(nginx, 'exit');
      });
      const get = async (target: string, headers = {}) => {
        const response = await fetch(`http://127.0.0.1:${port}${target}`, { headers });
        const bytes = Buffer.from(await response.arrayBuffer());
        return { status: response.status, cache: response.headers.get('x-cache'), bytes };
      };
      await until(
        'nginx listens',
        async () =>
          await get('/').then(
            () => true,
            () => false,
          ),
      );
      const { bytes } = whole(1);
      const asked = ['/objects/image/1', '/objects/image/1', '/objects/image', '/objects/image'];
      const answers = [];
      for (const target of asked) answers.push(await get(target));
      for (const answer of answers) expect(answer.bytes.equals(bytes)).toBe(true);
      expect(answers.map(({ cache }) => cache)).toEqual([
        'MISS',
        'HIT',
        expect.not.stringMatching('HIT'),
        expect.not.stringMatching('HIT'),
      ]);
      const part = await get('/objects/image/1', { range: 'bytes=100-199' });
      expect([part.status, part.bytes.equals(bytes.subarray(100, 200))]).toEqual([206, true]);
      const second = whole(2);
      expect((await get('/objects/image')).bytes.equals(second.bytes)).toBe(true);
      // What never changes may outlive the gateway's own copy.
      expect((await get('/objects/image/1')).bytes.equals(bytes)).toBe(true);
    },
  );

  it.skipIf(!existsSync('/usr/bin/zsync'))(
    'gives zsync what has changed since an older file, and no more (skipped without zsync)',
    async () => {
      const { bytes } = whole(1);
      writeFileSync(path('whole'), bytes);
      const old = Buffer.from(bytes);
      old.fill(0, 8000, 9000);
      writeFileSync(path('old'), old);
      const url = `${gateway.url}/objects/image/1`;
      await run('zsyncmake', ['-b', '1024', '-u', url, '-f', 'image', '-o', path('image.zsync'), path('whole')]);
      const { stdout } = await run('zsync', ['-i', path('old'), '-o', path('new'), path('image.zsync')], {
        cwd: folder,
      });
      expect(readFileSync(path('new')).equals(bytes)).toBe(true);
      const fetched = Number(/fetched (\d+)/.exec(stdout)![1]);
      expect(fetched).toBeGreaterThan(0);
      expect(fetched).toBeLessThan(6000);
    },
  );
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
