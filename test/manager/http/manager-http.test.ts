import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readTokens } from '../../../dist/manager/http/authority.js';
import { ManagerHttp, type ManagerHttpOptions } from '../../../dist/manager/http/manager-http.js';
import type { Manager } from '../../../dist/manager/manager.js';
import { Fleet } from '../fleet.js';

const TOKEN = 'a'.repeat(40);

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

async function listen(manager: Manager, options: Partial<ManagerHttpOptions> = {}): Promise<string> {
  const metrics = async () => ({ type: 'text/plain', text: 'layercast_manager_devices 1\n' });
  const all = { host: '127.0.0.1', port: 0, clientCount: 8, tls: undefined, tokens: [TOKEN], names: [], metrics };
  const http = await ManagerHttp.listen(manager, { ...all, ...options });
  open.push(http);
  return http.url;
}

function ask(
  url: string,
  { method = 'GET', token = '', body = '', ...more }: Record<string, string | object | undefined> = {},
): Promise<Answer> {
  const headers = {
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
    ...(more.headers as object | undefined),
  };
  const send = url.startsWith('https:') ? tlsRequest : request;
  const { tls = {} } = more;
  return new Promise((resolve, reject) => {
    const sent = send(url, { method: String(method), headers, agent: false, ...(tls as object) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function scene() {
  const fleet = new Fleet();
  const manager = fleet.manager();
  for (let i = 1; i <= 5; i++) {
    const device = fleet.device(`dev-${i}`, 40_000 + i);
    device.status = { fleet: 'acme', objects: [{ object: 'firmware', version: i % 2, state: 'applied' }] };
    await device.register();
  }
  await fleet.wire.pass(60e6);
  return { fleet, manager };
}

const namesIn = ({ text }: Answer) => JSON.parse(text).devices.map(({ device }: { device: string }) => device);

describe('the HTTP side of a manager', () => {
  it('lists devices with filters and pages, one device, and counts', async () => {
    const { manager } = await scene();
    const url = await listen(manager);
    const first = await ask(`${url}/devices?limit=3`);
    expect([namesIn(first), JSON.parse(first.text).next]).toEqual([['dev-1', 'dev-2', 'dev-3'], 'dev-3']);
    expect(namesIn(await ask(`${url}/devices?limit=3&after=dev-3`))).toEqual(['dev-4', 'dev-5']);
    expect(namesIn(await ask(`${url}/devices?object=firmware&version=0&state=applied&registered=true`))).toEqual([
      'dev-2',
      'dev-4',
    ]);
    expect(JSON.parse((await ask(`${url}/devices/dev-1`)).text)).toMatchObject({
      device: 'dev-1',
      isRegistered: true,
      isReachable: false,
      address: '[2001:db8::2]:40001',
      isAwake: true,
      fleet: 'acme',
      objects: [{ object: 'firmware', version: 1, state: 'applied' }],
    });
    expect(JSON.parse((await ask(`${url}/counts`)).text)).toMatchObject({
      devices: 5,
      states: [
        { version: 1, deviceCount: 3 },
        { version: 0, deviceCount: 2 },
      ],
    });
    expect((await ask(`${url}/metrics`)).text).toContain('layercast_manager_devices 1');
    for (const wrong of ['?limit=0', '?limit=1001', '?version=x', '?registered=1', '?sort=name']) {
      expect((await ask(`${url}/devices${wrong}`)).status, wrong).toBe(400);
    }
    for (const nothing of ['/devices/nobody', '/devices/%ff', '/devices/a/b', '/constructor', '//']) {
      expect((await ask(`${url}${nothing}`)).status, nothing).toBe(404);
    }
    const head = await ask(`${url}/devices`, { method: 'HEAD' });
    expect([head.status, head.text, head.headers['x-content-type-options']]).toEqual([200, '', 'nosniff']);
    manager.close();
  });

  it('triggers and cancels for who has a token, and for nobody else', async () => {
    const { manager } = await scene();
    const url = await listen(manager);
    const body = JSON.stringify({ devices: ['dev-1', 'nobody'], object: 'firmware', record: 'AAEC' });
    for (const token of ['', 'b'.repeat(40), TOKEN.slice(1), `${TOKEN}a`, 'é']) {
      expect((await ask(`${url}/triggers`, { method: 'POST', token: encodeURI(token), body })).status).toBe(401);
    }
    expect((await ask(`${url}/triggers/x`, { method: 'DELETE' })).status).toBe(401);
    expect(manager.triggerCount).toBe(0);
    const plain = { 'content-type': 'text/plain' };
    expect((await ask(`${url}/triggers`, { method: 'POST', token: TOKEN, body, headers: plain })).status).toBe(415);
    const queued = await ask(`${url}/triggers`, { method: 'POST', token: TOKEN, body });
    const [trigger, fault] = JSON.parse(queued.text).triggers;
    expect([queued.status, fault]).toEqual([202, { device: 'nobody', fault: 'unknown' }]);
    expect(trigger).toMatchObject({
      device: 'dev-1',
      object: 'firmware',
      attempts: 0,
      recordSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const cancel = { method: 'DELETE', token: TOKEN };
    expect((await ask(`${url}/triggers/${trigger.id}`, cancel)).status).toBe(200);
    expect((await ask(`${url}/triggers/${trigger.id}`, cancel)).status).toBe(404);
    for (const wrong of [
      'no JSON',
      '[]',
      '{}',
      '{"devices":[]}',
      '{"devices":[1]}',
      '{"devices":["dev-1"],"what":1}',
      '{"devices":["dev-1"],"object":""}',
      '{"devices":["dev-1"],"record":"*"}',
      '{"devices":["dev-1"],"expiresInMs":1e12}',
      JSON.stringify({ devices: Array.from({ length: 1001 }, (_, i) => `d${i}`) }),
    ]) {
      const answer = await ask(`${url}/triggers`, { method: 'POST', token: TOKEN, body: wrong });
      expect(answer.status, wrong.slice(0, 60)).toBe(400);
    }
    const none = JSON.stringify({ devices: ['nobody'] });
    expect((await ask(`${url}/triggers`, { method: 'POST', token: TOKEN, body: none })).status).toBe(409);
    const long = 'x'.repeat(300_000);
    const refused = await ask(`${url}/triggers`, { method: 'POST', token: TOKEN, body: long }).catch(() => 'ended');
    expect(['ended', 413]).toContain(typeof refused === 'string' ? refused : refused.status);
    expect((await ask(`${url}/devices`, { method: 'PUT', token: TOKEN })).status).toBe(405);
    manager.close();
  });

  it('is read without a token only by who names this host, as no page of the web does', async () => {
    const { manager } = await scene();
    const url = await listen(manager);
    expect((await ask(`${url}/devices`, { headers: { host: 'evil.example' } })).status).toBe(401);
    expect((await ask(`${url}/devices`, { headers: { host: 'evil.example' }, token: TOKEN })).status).toBe(200);
    manager.close();
  });

  it('tells events to a bounded number of clients, and ends one that does not take them', async () => {
    const { fleet, manager } = await scene();
    const url = await listen(manager, { clientCount: 40 });
    const streams = await Promise.all(
      Array.from(
        { length: 17 },
        () =>
          new Promise<IncomingMessage>((resolve, reject) => {
            request(`${url}/events`, { agent: false }, resolve).on('error', reject).end();
          }),
      ),
    );
    expect(streams.map(({ statusCode }) => statusCode).sort()).toEqual([...Array(16).fill(200), 503]);
    const [stream, ...others] = streams.filter(({ statusCode }) => statusCode === 200) as [IncomingMessage];
    let text = '';
    const heard = new Promise<void>((resolve) => {
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.includes('event: trigger')) resolve();
      });
    });
    for (const other of others as IncomingMessage[]) other.destroy();
    const device = fleet.device('dev-9', 41_000);
    await device.register();
    await fleet.wire.pass(1e6);
    manager.trigger(['dev-9'], { object: undefined, record: undefined, expiresInMs: 60_000 });
    await heard;
    const told = [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, event, data]) => [
      event,
      JSON.parse(data!),
    ]);
    expect(told[0]).toMatchObject(['device', { device: 'dev-9', isRegistered: true }]);
    expect(told.at(-1)).toMatchObject(['trigger', { device: 'dev-9' }]);
    // A client that takes nothing is ended when a megabyte waits for it.
    stream.pause();
    const ended = new Promise((resolve) => stream.once('close', resolve));
    for (let i = 0; i < 400; i++) manager.emit('forgotten', 'x'.repeat(100_000));
    await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 4; i++) manager.emit('forgotten', 'x'.repeat(100_000));
    stream.resume();
    await ended;
    manager.close();
  });

  it('takes no more connections than it may, and no request after another that was not answered', async () => {
    const { manager } = await scene();
    const url = new URL(await listen(manager, { clientCount: 2 }));
    const sockets = Array.from({ length: 4 }, () => connect(Number(url.port), url.hostname));
    for (const socket of sockets) socket.on('error', () => undefined);
    const dropped = sockets.map((socket) => new Promise((resolve) => socket.once('close', () => resolve(socket))));
    await Promise.race(dropped);
    for (const socket of sockets) socket.destroy();
    await Promise.all(dropped);
    const piped = connect(Number(url.port), url.hostname);
    const ended = new Promise((resolve) => piped.once('close', resolve));
    piped.on('error', () => undefined);
    piped.write('GET /devices HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(50));
    await ended;
    expect((await ask(`${url.href}counts`)).status).toBe(200);
    manager.close();
  });

  it('says that a key of TLS is of no use, and not that its address is taken', async () => {
    const { manager } = await scene();
    const tls = { certificate: 'no certificate', key: 'no key', clients: undefined };
    await expect(listen(manager, { tls })).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringMatching(/^the certificates or the key of TLS cannot be used: /),
    });
    manager.close();
  });

  it('goes on with other tokens, and ends the connections of those who had the former ones', async () => {
    const { manager } = await scene();
    const url = await listen(manager);
    const elsewhere = { headers: { host: 'manager.acme.example' } };
    const stream = await fetch(`${url}/events`);
    (open.at(-1) as ManagerHttp).renew({ clientCount: 8, tls: undefined, tokens: ['b'.repeat(40)], names: [] });
    await expect(stream.text()).rejects.toThrow();
    const status = async (token: string) => (await ask(`${url}/counts`, { ...elsewhere, token })).status;
    expect([await status(TOKEN), await status('b'.repeat(40))]).toEqual([401, 200]);
    manager.close();
  });

  it('takes certificates of clients whose names are on the list', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'layercast-tls-'));
    const openssl = (text: string) => execFileSync('openssl', text.split(' '), { cwd: folder, stdio: 'ignore' });
    const key = (name: string) =>
      `-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${name}.key -subj /CN=${name}`;
    openssl(`req -x509 ${key('ca')} -out ca.pem -days 2`);
    for (const name of ['manager', 'operator', 'visitor']) {
      openssl(`req ${key(name)} -out ${name}.csr`);
      openssl(`x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out ${name}.pem -days 2`);
    }
    openssl(`req -x509 ${key('operator').replace('operator.key', 'false.key')} -out false.pem -days 2`);
    const file = (name: string) => readFileSync(join(folder, name), 'utf8');
    const { manager } = await scene();
    const tls = { certificate: file('manager.pem'), key: file('manager.key'), clients: file('ca.pem') };
    const url = await listen(manager, { tls, names: ['operator'], tokens: [] });
    expect(url).toMatch(/^https:/);
    const as = (name: string, keyName = name) => ({
      ca: file('ca.pem'),
      checkServerIdentity: () => undefined,
      ...(name === '' ? {} : { cert: file(`${name}.pem`), key: file(`${keyName}.key`) }),
    });
    const body = JSON.stringify({ devices: ['dev-1'] });
    const triggers = async (name: string) =>
      (await ask(`${url}/triggers`, { method: 'POST', body, tls: as(name) })).status;
    expect([
      await triggers(''),
      await triggers('visitor'),
      await triggers('false'),
      await triggers('operator'),
    ]).toEqual([401, 401, 401, 202]);
    // Other certificates and names count from now on; those that cannot be used change nothing.
    const http = open.at(-1) as ManagerHttp;
    const next = { clientCount: 8, tokens: [], names: ['visitor'] };
    const unusable = { ...tls, key: file('visitor.key') };
    expect(() => http.renew({ ...next, tls: unusable })).toThrow(expect.objectContaining({ code: 'KEY_INVALID' }));
    expect(await triggers('operator')).toBe(202);
    http.renew({ ...next, tls: { ...tls, certificate: file('visitor.pem'), key: file('visitor.key') } });
    expect([await triggers('operator'), await triggers('visitor')]).toEqual([401, 202]);
    const names: string[] = [];
    const checkServerIdentity = (_host: string, { subject }: { readonly subject: { readonly CN: string } }) =>
      void names.push(subject.CN);
    await ask(`${url}/counts`, { tls: { ...as('visitor'), checkServerIdentity } });
    expect(names).toEqual(['visitor']);
    manager.close();
    rmSync(folder, { recursive: true });
  });
});

describe('a file of tokens', () => {
  it('has one a line, long enough to be no guess', () => {
    expect(readTokens(`# operators\n${TOKEN}\n\n  ${'b'.repeat(32)}  \n`, 'tokens')).toEqual([TOKEN, 'b'.repeat(32)]);
    expect(() => readTokens(`${TOKEN}\nshort\n`, 'tokens')).toThrow(/tokens:2: not a token/);
    // The file may be a key that was named by mistake: no hint writes to it.
    const hintFor = (text: string) => {
      try {
        return readTokens(text, 'layercast.key');
      } catch (error) {
        return (error as { readonly hint?: string }).hint;
      }
    };
    for (const text of ['-----BEGIN PRIVATE KEY-----\n', ''])
      expect(hintFor(text)).toMatch(/^Name a file of tokens[^>]*$/);
    expect(() => readTokens('# nobody\n', 'tokens')).toThrow(/has 0 tokens/);
    expect(() => readTokens(`${'x '.repeat(40)}\n`, 'tokens')).toThrow(/tokens:1/);
  });
});
