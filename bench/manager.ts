import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../dist/base/system-clock.js';
import { Code } from '../dist/coap/code.js';
import { CoapEndpoint } from '../dist/coap/endpoint.js';
import { decodeMessage, encodeMessage, type Message } from '../dist/coap/message.js';
import { OptionNumber, uintOption } from '../dist/coap/options.js';
import { type Peer, peerKey } from '../dist/coap/peer.js';
import { answerOf } from '../dist/manager/http/api.js';
import { Manager } from '../dist/manager/manager.js';
import { RecordDatabase } from '../dist/store/database/record-database.js';
import { table } from './table.js';

const DAY_MS = 86_400_000;
const LINKS = '</fw>;obs,</Radio_link_status>;obs,</sw>';

/** A device: where it is, and the tokens by which its two resources are observed. */
interface Device {
  readonly name: string;
  readonly peer: Peer;
  readonly tokens: Map<string, Uint8Array>;
  sequence: number;
}

/**
 * What a manager of many devices costs: memory, a registration with its two observations, a notification of a new state, pages and counts by HTTP's
 * API, the database, and reading it back; all in processor time. Datagrams do not go through sockets; the endpoint of CoAP and the database are the real ones.
 *
 * Arguments: `--devices N` (100000), `--dir DIR` of the database.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: { devices: { type: 'string', default: '100000' }, dir: { type: 'string', default: tmpdir() } },
  });
  const count = Number(values.devices);
  const folder = await mkdtemp(join(values.dir, 'layercast-bench-'));
  const path = join(folder, 'records.db');
  try {
    const before = await resident();
    const first = await life(path, count);
    const registered = await timed(() => first.registerAll(), count);
    const written = await untilWritten(first.manager, path);
    const after = await resident();
    const updated = await timed(() => first.notifyAll(), count);
    const figures = { ...(await pages(first.manager)), registration: registered, notification: updated };
    first.end();
    let second = first;
    const restartUs = await timed(async () => {
      second = await life(path, count);
    }, 1);
    if (second.manager.deviceCount !== count)
      throw new Error(`${second.manager.deviceCount} devices are left of ${count}`);
    second.end();
    const rows = [
      { what: 'memory of a device, bytes', value: (after - before) / count },
      { what: 'registration and two observations, µs', value: figures.registration },
      { what: 'notification of a new state, µs', value: figures.notification },
      { what: 'page of 100, ms', value: figures.pageMs },
      { what: 'page of a filter that fits one device in 4096, ms', value: figures.filteredMs },
      { what: 'counts by state and version, ms', value: figures.countsMs },
      { what: 'database of a device, bytes', value: written.bytes / count },
      { what: 'writing the rest of the devices, s', value: written.seconds },
      { what: 'restart, s', value: restartUs / 1e6 },
    ];
    console.log(
      table(rows, [
        { title: `${count} devices`, cell: ({ what }) => what },
        { title: 'value', cell: ({ value }) => value },
      ]),
    );
    return { devices: count, rows };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function life(path: string, count: number) {
  const records = await RecordDatabase.open(path);
  const options = { deviceCount: count, admits: () => true, reachableMs: 30_000, forgetAfterMs: 30 * DAY_MS };
  const manager = new Manager({ clock: systemClock, randomBytes, store: records }, options);
  const devices = Array.from({ length: count }, (_, i) => deviceOf(i));
  const byPeer = new Map(devices.map((device) => [peerKey(device.peer), device]));
  // What the manager sends to devices; they answer in the same turn.
  const send = (bytes: Uint8Array, to: Peer) => {
    const device = byPeer.get(peerKey(to))!;
    const message = decodeMessage(bytes)!;
    if (message.code === Code.get) endpoint.receive(observed(device, message), to);
  };
  const bounds = { observationCount: 2 * count, transmissionCount: 8192, answerBytesPerSecond: 1e12 };
  const endpoint = new CoapEndpoint({ clock: systemClock, randomBytes, send }, { site: manager.site, bounds });
  manager.begin(endpoint);
  let id = 0;
  return {
    manager,
    async registerAll() {
      for (const device of devices) {
        endpoint.receive(registration(device, id++ % 65_536), device.peer);
        // An endpoint answers 64 requests at once.
        if (id % 32 === 0) await turn();
      }
      await turn();
    },
    async notifyAll() {
      for (const device of devices) endpoint.receive(notification(device, id++ % 65_536), device.peer);
    },
    end() {
      manager.close();
      endpoint.close();
      records.close();
    },
  };
}

function deviceOf(index: number): Device {
  const address = `2001:db8:${(index >> 16).toString(16)}::${(index & 0xffff).toString(16)}`;
  const name = `urn:dev:mac:${index.toString(16).padStart(12, '0')}`;
  return { name, peer: { address, port: 40_000 }, tokens: new Map(), sequence: 1 };
}

const option = (number: number, text: string) => ({ number, value: Buffer.from(text) });

function registration({ name }: Device, id: number): Uint8Array {
  const options = [
    option(OptionNumber.uriPath, 'rd'),
    uintOption(OptionNumber.contentFormat, 40),
    option(OptionNumber.uriQuery, `ep=${name}`),
    option(OptionNumber.uriQuery, 'lt=86400'),
  ];
  return encodeMessage({
    type: 'CON',
    code: Code.post,
    id,
    token: randomBytes(2),
    options,
    payload: Buffer.from(LINKS),
  });
}

/** The answer to a request that observes. */
function observed(device: Device, { id, token, options }: Message): Uint8Array {
  const path = Buffer.from(options.find(({ number }) => number === OptionNumber.uriPath)!.value).toString();
  device.tokens.set(path, token);
  const said = path === 'fw' ? status(device, 1) : { isAwake: true, nextWakeAt: null };
  return encodeMessage({ type: 'ACK', code: Code.content, id, token, ...stateOf(device, said) });
}

function notification(device: Device, id: number): Uint8Array {
  device.sequence++;
  const token = device.tokens.get('fw')!;
  return encodeMessage({ type: 'CON', code: Code.content, id, token, ...stateOf(device, status(device, 2)) });
}

function stateOf({ sequence }: Device, said: object) {
  const options = [
    uintOption(OptionNumber.observe, sequence),
    uintOption(OptionNumber.contentFormat, 50),
    uintOption(OptionNumber.maxAge, 86_400),
  ];
  return { options, payload: Buffer.from(JSON.stringify(said)) };
}

/** One device in 4096 has failed, and says why. */
function status({ name }: Device, version: number): object {
  const isFailed = name.endsWith('000');
  const more = isFailed ? { state: 'failed', message: `${name}: no space left` } : { state: 'applied' };
  const firmware = { object: 'firmware', version, lwm2mState: 0, lwm2mResult: 1, ...more };
  return {
    fleet: 'acme',
    objects: [firmware, { object: 'maps', version: 7, state: 'applied', lwm2mState: 0, lwm2mResult: 1 }],
  };
}

async function pages(manager: Manager) {
  const msOf = (url: string) =>
    timed(async () => {
      for (let i = 0; i < 10; i++) JSON.stringify(answerOf(manager, { method: 'GET', url, body: '' }).body);
    }, 1e4);
  return {
    pageMs: await msOf('/devices?after=urn:dev:mac:000000008000'),
    filteredMs: await msOf('/devices?state=failed&limit=1000'),
    countsMs: await msOf('/counts'),
  };
}

/** Microseconds of processor time of each, of `count` that are done; time on a busy machine would say more of the machine. */
async function timed(work: () => Promise<unknown>, count: number): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / count;
}

async function untilWritten(manager: Manager, path: string) {
  const start = process.cpuUsage();
  // The first writing begins a second after the first change.
  while (manager.unwrittenCount > 0) await wait(20);
  const { user, system } = process.cpuUsage(start);
  const bytes = (await stat(path)).size + (await stat(`${path}-wal`)).size;
  return { seconds: (user + system) / 1e6, bytes };
}

async function resident(): Promise<number> {
  await wait(100);
  global.gc?.();
  return process.memoryUsage().rss;
}
