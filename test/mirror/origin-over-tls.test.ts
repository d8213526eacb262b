import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runCli, runHere } from '../cli/run-cli.js';

const isMissing = spawnSync('sh', ['-c', 'command -v openssl']).status !== 0;

test.skipIf(isMissing)(
  'an origin over TLS is believed when an authority that the host trusts vouches for it',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'layercast-mirror-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = (name: string) => join(folder, name);
    const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', path('web.key'), '-out', path('web.pem')];
    const subject = ['-subj', '/CN=web', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'pipe' });

    const content = randomBytes(100_000);
    let answerCount = 0;
    const origin = createServer(
      { key: readFileSync(path('web.key')), cert: readFileSync(path('web.pem')) },
      (_, response) => {
        answerCount++;
        response.writeHead(200, { etag: '"1"', 'content-length': content.length }).end(content);
      },
    );
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    onTestFinished(() => {
      origin.closeAllConnections();
      origin.close();
    });

    const url = `https://127.0.0.1:${(origin.address() as AddressInfo).port}/firmware.img`;
    const object = `{ file: firmware.img, version: 1, origin: { url: "${url}" }, ladder: { from: 1Mbit, to: 4Mbit } }`;
    writeFileSync(path('fleet.yaml'), `fleet: acme\nkey: layercast.key\nobjects:\n  firmware: ${object}\n`);
    writeFileSync(path('firmware.img'), 'old');
    const words = ['mirror', 'fleet.yaml', '--once', '--state', path('state')];

    const strange = await runHere(words, { cwd: folder });
    expect([strange.code, answerCount]).toEqual([1, 0]);
    expect(strange.stderr).toMatch(/self-signed certificate/);
    expect(readFileSync(path('firmware.img'), 'utf8')).toBe('old');

    const env = { ...process.env, NODE_EXTRA_CA_CERTS: path('web.pem') };
    const trusted = await runCli(words, { cwd: folder, env });
    expect(trusted).toMatchObject({ code: 0 });
    expect(readFileSync(path('firmware.img')).equals(content)).toBe(true);
  },
);
