import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, eventsOf, progressBeyond, Scene } from './scene.js';

const webServer = fileURLToPath(new URL('peers/web.mjs', import.meta.url));

describeBed('a receiver that may ask servers of the web', () => {
  let scene: Scene;
  let bytes: Buffer;
  let config: string;
  let web: string;
  beforeAll(async () => {
    scene = await Scene.lay(['server', 'r1', 'r2']);
    bytes = scene.random('image', 2_000_000);
    config = scene.fleet({
      fleet: 'acme',
      blockSymbols: 100,
      objects: { image: { file: 'image', code: 'raptorq', channels: [{ rate: '500kbit' }] } },
    });
    mkdirSync(scene.path('www'));
    writeFileSync(scene.path('www/image'), bytes);
    writeFileSync(scene.path('www/wrong'), Buffer.from(bytes).fill(0, 500_000));
    const key = scene.path('keys/layercast.key');
    const signing = ['sign', '--config', config, '--key', key, '--out', scene.path('records')];
    const signed = await scene.layercast('server', [...signing, '--digests', scene.path('www')]).exited;
    expect(signed.code).toBe(0);
    const server = scene.bed.host('server').spawn(process.execPath, [webServer, scene.path('www')]);
    await server.waitForEvent('listening');
    web = `http://[${scene.bed.host('server').address}]:8080`;
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('has the file although multicast ends, or is slow, and takes nothing wrong', async () => {
    const server = await scene.serve('server', config);
    const fill = (url: string) => ['--fill', `${web}/wrong,${web}/${url}`, '--fill-after', '1s'];
    const slow = scene.fetch('r1', 'acme/image', 'slow', fill('image'));
    const silent = scene.fetch('r2', 'acme/image', 'silent', [...fill('image'), '--patience', '2s']);
    await Promise.all([progressBeyond(slow, 0.001), silent.waitForEvent('descriptor')]);
    server.process.kill('SIGKILL');
    for (const receiving of [slow, silent]) {
      const { sha256, filledBytes } = await completed(receiving);
      expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(filledBytes).toBeGreaterThan(0.5 * bytes.length);
      expect(eventsOf(receiving, 'fill').length).toBeGreaterThan(5);
    }
    expect(readFileSync(scene.path('slow')).equals(bytes)).toBe(true);
    expect(readFileSync(scene.path('silent')).equals(bytes)).toBe(true);
    const warned = [...eventsOf(slow, 'warning'), ...eventsOf(silent, 'warning')];
    expect(warned).toContainEqual(
      expect.objectContaining({
        code: 'FILL',
        message: expect.stringMatching(/wrong is left: its .* is not what the/),
      }),
    );
  });

  const missing = ['nginx', 'openssl'].filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  test.skipIf(missing.length > 0)(
    `has the file from nginx, over TLS with an authority of its own, and through a proxy${missing.length > 0 ? ` (skipped: there is no ${missing})` : ''}`,
    { timeout: 60_000 },
    async () => {
      const { address } = scene.bed.host('server');
      const subject = ['-subj', '/CN=web', '-addext', `subjectAltName=IP:${address}`];
      const made = ['-keyout', scene.path('web.key'), '-out', scene.path('web.pem')];
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...made, ...subject], {
        stdio: 'pipe',
      });
      const folder = scene.path('nginx');
      mkdirSync(folder);
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      writeFileSync(
        scene.path('nginx.conf'),
        `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  access_log off;
  server {
    listen [::]:8443 ssl;
    ssl_certificate ${scene.path('web.pem')};
    ssl_certificate_key ${scene.path('web.key')};
    root ${scene.path('www')};
    gzip off;
    location /proxied/ { proxy_pass http://[${address}]:8080/; }
  }
}
`,
      );
      const nginx = scene.bed.host('server').spawn('nginx', ['-c', scene.path('nginx.conf')]);
      const server = await scene.serve('server', config);
      const start = (host: string, url: string, output: string) => {
        const fill = ['--fill', `https://[${address}]:8443/${url}`, '--fill-after', '1s', '--fill-rate', '20Mbit'];
        const args = ['fetch', 'acme/image', '--key', scene.publicKey, '-o', scene.path(output), '--json', ...fill];
        return scene.layercast(host, args, { env: { NODE_EXTRA_CA_CERTS: scene.path('web.pem') } });
      };
      const fetches = [start('r1', 'image', 'nginx-file'), start('r2', 'proxied/image', 'nginx-proxy')];
      for (const [index, fetch] of fetches.entries()) {
        const { filledBytes } = await completed(fetch);
        expect(eventsOf(fetch, 'warning'), nginx.stderr).toEqual([]);
        expect(filledBytes).toBeGreaterThan(0.3 * bytes.length);
        expect(readFileSync(scene.path(['nginx-file', 'nginx-proxy'][index]!)).equals(bytes)).toBe(true);
      }
      server.process.kill('SIGTERM');
      nginx.kill('SIGTERM');
    },
  );
});
