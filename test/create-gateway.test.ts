import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AgentFolder } from '../dist/device/agent-folder.js';
import { createGateway, type Network, type OptionsError } from '../dist/index.js';
import { anchorFrom } from '../dist/trust/read-anchor.js';
import { scratchDirectory } from './store/scratch.js';
import { publicKey } from './wire/descriptor-samples.js';

const scratch = await scratchDirectory();

/** A network on which nobody sends. */
const SILENT: Network = {
  openSender: () => Promise.reject(new Error('a gateway sends nothing')),
  join: async () => ({ isStale: false, leave: async () => undefined }),
};

function optionsFor(name: string) {
  const [folder, stateDir] = [join(scratch, name, 'objects'), join(scratch, name, 'state')];
  return { fleet: 'acme', key: publicKey, objects: ['**'], folder, stateDir, listen: '127.0.0.1:0' };
}

describe('createGateway', () => {
  it('says where clients can come, answers them, counts them, and ends when it is closed', async () => {
    const gateway = createGateway({ ...optionsFor('one'), coap: '127.0.0.1:0', network: SILENT });
    const urls: string[] = [];
    gateway.on('serving', ({ url }) => urls.push(url));
    await new Promise<void>((resolve) => gateway.once('start', () => resolve()));
    expect(urls).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^coap:\/\/127\.0\.0\.1:\d+$/),
    ]);
    const url = `${urls[0]}/objects`;
    expect(await (await fetch(url)).json()).toEqual({ objects: [] });
    expect((await fetch(`${url}/none`)).status).toBe(404);
    const { fleet, clients, waitingCount } = gateway.status()!;
    expect({ fleet, waitingCount, urls: gateway.status()!.urls }).toEqual({ fleet: 'acme', waitingCount: 0, urls });
    expect(clients.http.answers).toMatchObject({ '2xx': 1, '4xx': 1 });
    await gateway.close();
    await expect(gateway.done).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(fetch(url)).rejects.toThrow();
  });

  it('serves after a restart the version that is whole, though its former life had begun to receive a newer one', async () => {
    const options = optionsFor('restarted');
    const bytes = randomBytes(1000);
    const path = join(options.folder, 'firmware');
    mkdirSync(options.folder, { recursive: true });
    writeFileSync(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const whole = { version: 5, sha256, sizeBytes: bytes.length, path };
    const target = { ...whole, version: 6, sha256: 'ab'.repeat(32) };
    const folder = await AgentFolder.open({
      stateDir: options.stateDir,
      fleet: 'acme',
      anchorId: anchorFrom(publicKey, 'acme', 'the key').id,
      signal: new AbortController().signal,
      onWaiting: () => undefined,
      onDamaged: () => undefined,
    });
    const counts = { attempts: 0, interrupted: 0, lowestVersion: 5 };
    await folder.save({ object: 'firmware', state: 'receiving', target, applied: whole, ...counts });
    await folder[Symbol.asyncDispose]();
    await using gateway = createGateway({ ...options, network: SILENT });
    const url = await new Promise<string>((resolve) => gateway.once('serving', (event) => resolve(event.url)));
    await expect.poll(async () => (await fetch(`${url}/objects/firmware/5`)).status).toBe(200);
    const response = await fetch(`${url}/objects/firmware`, { headers: { range: 'bytes=10-' } });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(10))).toBe(true);
  });

  it('works in a thread of its own, and ends by a signal', async () => {
    const stopping = new AbortController();
    const gateway = createGateway({ ...optionsFor('two'), interface: 'none0', signal: stopping.signal });
    const url = await new Promise<string>((resolve) => gateway.once('serving', (event) => resolve(event.url)));
    expect((await fetch(`${url}/objects`)).status).toBe(200);
    stopping.abort();
    await expect(gateway.done).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('rejects done with every fault of its options', async () => {
    const wrong = { ...optionsFor('three'), objects: ['a', ''], listen: 'nowhere:port', fill: ['http://a/{file}'] };
    const error = await createGateway(wrong).done.catch((reason: OptionsError) => reason);
    expect(error).toMatchObject({ code: 'USAGE' });
    expect((error as OptionsError).faults.map(({ option }) => option)).toEqual(['objects.1', 'listen', 'fill']);
    const none = await createGateway({ ...wrong, objects: [], listen: '1', fill: undefined }).done.catch((e) => e);
    expect(none.faults.map(({ option }: { option: string }) => option)).toEqual(['objects']);
    await expect(createGateway({ ...optionsFor('three'), key: 'no key' }).done).rejects.toMatchObject({
      code: 'KEY_INVALID',
    });
  });

  it('rejects done when another program has the address', async () => {
    await using first = createGateway({ ...optionsFor('four'), network: SILENT });
    const url = await new Promise<string>((resolve) => first.once('serving', (event) => resolve(event.url)));
    const listen = new URL(url).host;
    const second = createGateway({ ...optionsFor('five'), listen, network: SILENT });
    await expect(second.done).rejects.toMatchObject({ code: 'NETWORK_UNAVAILABLE' });
  });
});
