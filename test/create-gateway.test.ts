import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createGateway, type Network, type OptionsError } from '../dist/index.js';
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
