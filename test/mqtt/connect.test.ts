import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectRequest, IncomingMessage } from '../../dist/mqtt/broker-connection.js';
import { MessageRefused } from '../../dist/mqtt/broker-connection.js';
import { connectTo } from '../../dist/mqtt/connect.js';
import { until } from '../lab/until.js';

const MOSQUITTO = '/usr/sbin/mosquitto';
const isMissing = !existsSync(MOSQUITTO);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function requestOf(more: Partial<ConnectRequest> = {}) {
  const messages: IncomingMessage[] = [];
  let onClosed: (reason: string) => void = () => undefined;
  const closed = new Promise<string>((resolve) => {
    onClosed = resolve;
  });
  const request: ConnectRequest = {
    protocol: 5,
    clientId: 'test',
    sessionS: 60,
    will: undefined,
    onMessage: (message) => messages.push(message),
    onClosed: (reason) => onClosed(reason),
    ...more,
  };
  return { request, messages, closed };
}

/** A server that answers the first packet with these bytes, or closes without any. */
async function answering(answer: Uint8Array | undefined): Promise<string> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => (answer === undefined ? socket.destroy() : socket.write(answer)));
  });
  server.listen(0, '::1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `mqtt://[::1]:${(server.address() as AddressInfo).port}`;
}

/** The length field of 200 MB, after an answer that accepts the connection. */
const HUGE = Buffer.from([0x20, 3, 0, 0, 0, 0x30, 0x80, 0x88, 0xaf, 0x5f]);

describe('a connection to a broker', () => {
  it('ends at a packet that is too long, before it is read', async () => {
    const { request, closed } = requestOf();
    await connectTo({ url: await answering(HUGE) }, request);
    expect(await closed).toMatch(/packet of more than \d+ bytes/);
  });

  it('ends at a message of QoS 2, which nobody has subscribed to: of MQTT 3.1.1 the library would keep 65,535', async () => {
    const { request, messages, closed } = requestOf({ protocol: 4 });
    const message = Buffer.from([0x34, 7, 0, 1, 'a'.charCodeAt(0), 0, 1, 1, 2]);
    await connectTo({ url: await answering(Buffer.concat([Buffer.from([0x20, 2, 0, 0]), message])) }, request);
    expect(await closed).toContain('QoS 2');
    expect(messages).toEqual([]);
  });

  it('tells a message that the broker does not take from a connection that has ended', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        const kind = bytes[0]! >> 4;
        // PUBLISH has its id behind the topic; the answer is a PUBACK: not authorized.
        const id = 4 + bytes.readUInt16BE(2);
        if (kind === 1) socket.write(Buffer.from([0x20, 3, 0, 0, 0]));
        else if (kind === 3) socket.write(Buffer.from([0x40, 3, bytes[id]!, bytes[id + 1]!, 0x87]));
        else socket.destroy();
      });
    });
    server.listen(0, '::1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const url = `mqtt://[::1]:${(server.address() as AddressInfo).port}`;
    const connection = await connectTo({ url }, requestOf().request);
    const message = { topic: 'a', payload: 'b', isRetained: true };
    for (let i = 0; i < 2; i++) await expect(connection.publish(message)).rejects.toBeInstanceOf(MessageRefused);
    await connection.end();
    const late = await connection.publish(message).catch((error: unknown) => error);
    expect(late).toBeInstanceOf(Error);
    expect(late).not.toBeInstanceOf(MessageRefused);
  });

  it('tells a broker that does not know MQTT 5 from one that cannot be reached', async () => {
    const { request } = requestOf();
    const refusals = [Buffer.from([0x20, 2, 0, 1]), Buffer.from([0x20, 3, 0, 132, 0]), undefined];
    for (const refusal of refusals) {
      await expect(connectTo({ url: await answering(refusal) }, request)).rejects.toMatchObject({ isOfProtocol: true });
    }
    await expect(connectTo({ url: 'mqtt://[::1]:1' }, request)).rejects.toMatchObject({
      isOfProtocol: false,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const forbidden = await answering(Buffer.from([0x20, 3, 0, 135, 0]));
    await expect(connectTo({ url: forbidden }, request)).rejects.toMatchObject({ isOfProtocol: false });
  });

  it('names a file that cannot be read', async () => {
    const broker = { url: 'mqtt://[::1]:1', username: 'x', passwordFile: '/nonexistent' };
    await expect(connectTo(broker, requestOf().request)).rejects.toThrow('cannot read /nonexistent (ENOENT)');
  });

  it.skipIf(isMissing)(
    'proves itself to mosquitto by certificate and password, checks its certificate, and hears what it keeps (skipped without the package mosquitto)',
    async () => {
      const { broker, wrong } = await mosquitto();
      const { request, messages } = requestOf();
      const connection = await connectTo(broker, request);
      await connection.publish({ topic: 'a', payload: 'kept', isRetained: true, expiresS: 60 });
      await connection.subscribe(['a']);
      await until('the message is here', async () => messages.length === 1);
      expect([String(messages[0]!.payload), messages[0]!.isRetained]).toEqual(['kept', true]);
      await connection.end();
      await expect(connection.publish({ topic: 'a', payload: '', isRetained: true })).rejects.toThrow();
      for (const one of wrong) await expect(connectTo(one, request)).rejects.toThrow();
      const old = requestOf({ protocol: 4 });
      await (await connectTo(broker, old.request)).end();
    },
  );
});

/** A broker on this host, with TLS, that asks for a certificate and a password. */
async function mosquitto() {
  const folder = mkdtempSync(join(tmpdir(), 'layercast-mqtt-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...curve, '-subj', '/CN=ca', '-days', '2', '-keyout', path('ca.key'), '-out', path('ca.pem'));
  for (const name of ['localhost', 'device']) {
    writeFileSync(path('ext'), `subjectAltName=DNS:${name}\n`);
    openssl('req', '-new', ...curve, '-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path('csr'));
    const by = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-extfile', path('ext')];
    openssl('x509', '-req', '-in', path('csr'), ...by, '-days', '2', '-out', path(`${name}.pem`));
  }
  execFileSync('mosquitto_passwd', ['-c', '-b', path('passwords'), 'd1', 'secret'], { stdio: 'pipe' });
  writeFileSync(path('password'), 'secret\n');
  writeFileSync(path('other'), 'guess\n');
  const port = await freePort();
  const lines = [
    `listener ${port} localhost`,
    `cafile ${path('ca.pem')}`,
    `certfile ${path('localhost.pem')}`,
    `keyfile ${path('localhost.key')}`,
    'require_certificate true',
    'allow_anonymous false',
    `password_file ${path('passwords')}`,
    'user root',
  ];
  writeFileSync(path('conf'), `${lines.join('\n')}\n`);
  const process = spawn(MOSQUITTO, ['-c', path('conf')], { stdio: 'ignore' });
  cleanups.push(() => process.kill('SIGKILL'));
  await until('mosquitto listens', () => isOpen(port));
  const broker = {
    url: `mqtts://localhost:${port}`,
    username: 'd1',
    passwordFile: path('password'),
    ca: path('ca.pem'),
    certificate: path('device.pem'),
    privateKey: path('device.key'),
  };
  const { certificate: _, privateKey: _key, ...anonymous } = broker;
  const wrong = [{ ...broker, passwordFile: path('other') }, { ...broker, ca: undefined }, anonymous];
  return { broker, wrong };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, 'localhost');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
