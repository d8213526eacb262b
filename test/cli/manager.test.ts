import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../dist/base/system-clock.js';
import { Code } from '../../dist/coap/code.js';
import type { IncomingRequest } from '../../dist/coap/site.js';
import { UdpEndpoint } from '../../dist/coap/udp-endpoint.js';
import { runHere } from './run-cli.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const TOKEN = 'f'.repeat(64);

let folder: string;
const running: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'layercast-manager-'));
  writeFileSync(join(folder, 'tokens'), TOKEN);
});
afterEach(() => {
  for (const process of running.splice(0)) process.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const ARGS = ['--coap', '[::1]:0', '--listen', '0'];

/** Starts the command; resolves when it listens. */
async function start(more: readonly string[] = ARGS) {
  const args = ['manager', ...more, '--state', folder, '--tokens', join(folder, 'tokens'), '-v'];
  // Lines for systemd's journal have no times.
  const env = { ...process.env, JOURNAL_STREAM: '' };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  running.push(child);
  let text = '';
  const ready = new Promise<{ readonly coapPort: number; readonly url: string }>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      const [, port, url] = /coap:\/\/\[::1\]:(\d+)\ndevices at (\S+)\/devices/.exec(text) ?? [];
      if (url !== undefined) resolve({ coapPort: Number(port), url });
    });
    child.on('exit', () => reject(new Error(text)));
  });
  const isSaid = async (what: string, count = 1) => {
    while (text.split(what).length <= count) {
      await new Promise((resolve) => child.stderr.once('data', resolve));
    }
  };
  return { ...(await ready), process: child, text: () => text, isSaid };
}

/** The port is open until the test ends, and never another one. */
async function deviceAt(onTrigger: (request: IncomingRequest) => void) {
  const says = (value: object) => ({
    isObservable: true,
    answer: () => ({ code: Code.content, payload: Buffer.from(JSON.stringify(value)), maxAgeS: 3600 }),
  });
  const resources: Readonly<Record<string, object>> = {
    fw: says({ fleet: 'acme', objects: [{ object: 'firmware', version: 3, state: 'applied' }] }),
    Radio_link_status: says({ isAwake: true, nextWakeAt: null }),
    sw: {
      answer(request: IncomingRequest) {
        onTrigger(request);
        return { code: Code.changed };
      },
    },
  };
  const site = { links: () => [], find: (path: readonly string[]) => resources[path.join('/')] as never };
  return await UdpEndpoint.open({ host: '::1', port: 0, clock: systemClock, site });
}

async function json(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  return await response.json();
}

async function until(url: string, isRight: (value: never) => boolean): Promise<unknown> {
  for (let i = 0; ; i++) {
    const value = await json(url).catch(() => undefined);
    if (value !== undefined && isRight(value as never)) return value;
    if (i > 200) throw new Error(JSON.stringify(value));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('layercast manager', () => {
  it('knows after a kill what devices said, and triggers them', async () => {
    let heard = 0;
    let triggered: (query: readonly string[]) => void = () => undefined;
    const trigger = new Promise<readonly string[]>((resolve) => {
      triggered = resolve;
    });
    await using device = await deviceAt(({ query }) => triggered(query));
    const first = await start();
    const register = async (port: number) => {
      const request = { method: 'POST', path: ['rd'], query: ['ep=dev-1', 'lt=600'] } as const;
      heard = (await device.endpoint.request({ address: '::1', port }, request)).code;
    };
    await register(first.coapPort);
    expect(heard).toBe(Code.created);
    const isKnown = ({ objects }: { readonly objects: readonly object[] }) => objects.length === 1;
    await until(`${first.url}/devices/dev-1`, isKnown);
    const metrics = await (await fetch(`${first.url}/metrics`)).text();
    expect(metrics).toMatch(/layercast_manager_object_devices{[^}]*version="3"[^}]*} 1/);
    const body = JSON.stringify({ devices: ['dev-1'], object: 'firmware' });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };
    expect(await json(`${first.url}/triggers`, { method: 'POST', headers, body })).toMatchObject({
      triggers: [{ device: 'dev-1' }],
    });
    expect(await trigger).toEqual(['object=firmware']);
    type Known = { readonly lastTrigger?: { readonly result: string } };
    await until(`${first.url}/devices/dev-1`, ({ lastTrigger }: Known) => lastTrigger?.result === 'delivered');
    expect(first.text().replace(/^\d\S+ \d\S+ (?=dev-1)/gm, '')).toContain(
      ['waits until the device can be reached', 'sent, attempt 1', 'delivered']
        .map((what) => `dev-1: trigger for firmware: ${what}\n`)
        .join(''),
    );
    const isWritten = (text: string) => /layercast_manager_unwritten_records 0\n/.test(text);
    while (!isWritten(await (await fetch(`${first.url}/metrics`)).text())) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const killed = new Promise((resolve) => first.process.removeAllListeners('exit').once('exit', resolve));
    first.process.kill('SIGKILL');
    await killed;
    const second = await start();
    expect(await json(`${second.url}/devices`)).toMatchObject({
      devices: [
        { device: 'dev-1', isRegistered: true, objects: [{ version: 3 }], lastTrigger: { result: 'delivered' } },
      ],
    });
    const ended = new Promise((resolve) => second.process.removeAllListeners('exit').once('exit', resolve));
    second.process.kill('SIGTERM');
    expect(await ended).toBe(143);
  });

  it('reads its settings again on SIGHUP, and keeps those before if others are wrong or need a restart', async () => {
    const path = join(folder, 'manager.yaml');
    const write = (more: object) => writeFileSync(path, JSON.stringify({ coap: '[::1]:0', listen: '0', ...more }));
    write({});
    const manager = await start(['--config', path]);
    const mayChange = async (token: string) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const body = JSON.stringify({ devices: ['dev-1'] });
      return (await fetch(`${manager.url}/triggers`, { method: 'POST', headers, body })).status !== 401;
    };
    const other = 'e'.repeat(64);
    writeFileSync(join(folder, 'tokens'), other);
    write({ alow: ['fd00::/8'] });
    manager.process.kill('SIGHUP');
    await manager.isSaid(`the old settings stay: ${path}:1:`);
    write({ listen: '127.0.0.1:1', devices: 7 });
    manager.process.kill('SIGHUP');
    await manager.isSaid('the old settings stay: a manager takes another value only when it starts: listen, devices\n');
    expect(manager.text()).toContain('  Restart the manager, or set back what was changed\n');
    expect([await mayChange(TOKEN), await mayChange(other)]).toEqual([true, false]);
    await using device = await deviceAt(() => undefined);
    const register = async () => {
      const request = { method: 'POST', path: ['rd'], query: ['ep=dev-1', 'lt=600'] } as const;
      return (await device.endpoint.request({ address: '::1', port: manager.coapPort }, request)).code;
    };
    expect(await register()).toBe(Code.created);
    write({ allow: ['fd00::/8'], reachableFor: '1h' });
    manager.process.kill('SIGHUP');
    await manager.isSaid('the settings were read again\n');
    // It runs for days, so what it says has a time.
    const isTimed = (line: string) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /.test(line);
    const said = manager.text().split('\n');
    expect(said.filter((line) => /old settings stay|read again/.test(line)).every(isTimed)).toBe(true);
    expect([await mayChange(TOKEN), await mayChange(other)]).toEqual([false, true]);
    expect(await register()).toBe(Code.forbidden);
  });

  it('says what is wrong with its settings before it listens', async () => {
    writeFileSync(join(folder, 'tokens'), 'short');
    const { code, stderr } = await runHere(['manager', '--tokens', join(folder, 'tokens'), '--state', folder]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/tokens:1: not a token/)]);
    writeFileSync(join(folder, 'manager.yaml'), 'devices: 100\nallow: [fd00::/200]\n');
    const wrong = await runHere(['manager', '--config', join(folder, 'manager.yaml')]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/manager\.yaml:2:9: allow\.0/)]);
  });
});
