import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { LayercastError } from '../../dist/base/errors.js';
import { Code } from '../../dist/coap/code.js';
import type { CoapFault } from '../../dist/coap/request.js';
import type { CoapReply } from '../../dist/coap/site.js';
import { ClientTally } from '../../dist/gateway/client-counts.js';
import { descriptionPath, GatewaySite } from '../../dist/gateway/coap-site.js';
import { Shelf } from '../../dist/gateway/shelf.js';
import { Wire } from '../coap/wire.js';
import { Content } from './content.js';

const GATEWAY = { address: 'fd00::1', port: 5683 };
const CLIENT = { address: 'fd00::2', port: 5683 };

/** A gateway and a client in virtual time. */
function scene(waitMs = 10) {
  const wire = new Wire();
  const shelf: Shelf = new Shelf((object) => gateway.notify(descriptionPath(object)));
  const site = new GatewaySite(shelf, waitMs);
  const tally = new ClientTally();
  const gateway = wire.endpoint(GATEWAY, { site, onAnswer: (code, bytes) => tally.answeredCoap(code, bytes) });
  const client = wire.endpoint(CLIENT);
  const get = (...path: readonly string[]) => wire.finish(client.request(GATEWAY, { method: 'GET', path }));
  const whole = (object: string, version: number) => {
    const content = new Content(object, version);
    shelf.complete(content.identity, content.file);
    return content;
  };
  const contentAt = async (...path: readonly string[]) => {
    const request = { method: 'GET', path, query: [], payload: new Uint8Array() } as const;
    const { signal } = new AbortController();
    return ((await site.find(path)!.answer({ ...request, peer: CLIENT, signal })) as CoapReply).content!;
  };
  return { wire, shelf, tally, site, gateway, client, get, whole, contentAt };
}

const textOf = ({ payload }: { readonly payload: Uint8Array }) => Buffer.from(payload).toString();

describe('a gateway by CoAP', () => {
  test('has its answers counted by class, block by block, with the bytes of their payloads', async () => {
    const { get, whole, tally } = scene();
    const { bytes } = whole('a', 1);
    await get('fw', 'a', 'bin');
    await get('fw', 'b').catch(() => undefined);
    expect(tally.answers).toEqual({ '2xx': Math.ceil(bytes.length / 1024), '3xx': 0, '4xx': 1, '5xx': 0 });
    expect(tally.bodyBytes).toBe(bytes.length);
  });

  test('makes its list of links once for each change of what it has, however often it is asked', () => {
    const { site, whole } = scene();
    whole('a', 1);
    const before = site.links();
    expect(site.links()[1]).toBe(before[1]);
    whole('a', 2);
    whole('b', 1);
    expect(site.links().map(({ target }) => target)).toEqual(['/fw', '/fw/a', '/fw/a/bin', '/fw/b', '/fw/b/bin']);
  });

  test('links to its objects, says what is newest, and serves it with 8 bytes of its SHA-256 as tag', async () => {
    const { get, whole, client, wire } = scene();
    const { bytes, descriptor } = whole('maps/north', 3);
    expect(textOf(await get('fw'))).toBe(
      '</fw/maps%2Fnorth>;rt="layercast.object";ct=50;obs,</fw/maps%2Fnorth/bin>;rt="layercast.content";ct=42;sz=19950',
    );
    const found = client.request(GATEWAY, {
      method: 'GET',
      path: ['.well-known', 'core'],
      query: ['rt=layercast.objects'],
    });
    expect(textOf(await wire.finish(found))).toBe('</fw>;rt="layercast.objects";ct=40');
    expect(JSON.parse(textOf(await get('fw', 'maps/north')))).toEqual({
      object: 'maps/north',
      version: 3,
      bytes: 19_950,
      provenBytes: 19_950,
      sha256: Buffer.from(descriptor.sha256).toString('hex'),
      content: '/fw/maps%2Fnorth/bin/3',
    });
    for (const path of [['bin'], ['bin', '3']]) {
      const response = await get('fw', 'maps/north', ...path);
      expect(Buffer.from(response.payload).equals(bytes)).toBe(true);
      expect(Buffer.from(response.etag!).equals(Buffer.from(descriptor.sha256.subarray(0, 8)))).toBe(true);
      expect(response).toMatchObject({ sizeBytes: 19_950, contentFormat: 42 });
    }
    for (const path of [
      ['fw', 'other'],
      ['fw', 'maps/north', 'bin', '2'],
      ['fw', 'maps/north', 'bin', '0x3'],
      ['rd'],
    ]) {
      expect((await get(...path)).code).toBe(Code.notFound);
    }
  });

  test('has the digests of blocks of a version that it has received, once it is whole', async () => {
    const { get, shelf, whole } = scene();
    const coming = new Content('image', 1);
    shelf.begin(coming.descriptor, coming.store());
    expect((await get('fw', 'image', 'bin.digests')).code).toBe(Code.notFound);
    shelf.complete(coming.identity, coming.file);
    const blocks = Array.from({ length: 10 }, (_, block) => coming.bytes.subarray(block * 2000, (block + 1) * 2000));
    const digests = blocks.map((block) => createHash('sha256').update(block).digest());
    expect(Buffer.from((await get('fw', 'image', 'bin.digests')).payload).equals(Buffer.concat(digests))).toBe(true);
    // Of a file of an earlier run it is not known how it was sent.
    whole('old', 1);
    expect((await get('fw', 'old', 'bin.digests')).code).toBe(Code.notFound);
  });

  test('has the digests of blocks the next time, when its file could not be read the first time', async () => {
    const { get, shelf } = scene();
    const coming = new Content('image', 1);
    shelf.begin(coming.descriptor, coming.store());
    let failingCount = 1;
    const read = async (offset: number, into: Uint8Array) => {
      if (failingCount-- > 0) throw new LayercastError('FILE_IO', 'the disk did not answer');
      await coming.file.read(offset, into);
    };
    shelf.complete(coming.identity, { read, close: () => coming.file.close() });
    expect((await get('fw', 'image', 'bin.digests')).code).not.toBe(Code.content);
    expect((await get('fw', 'image', 'bin.digests')).code).toBe(Code.content);
  });

  test('changes nothing for anybody', async () => {
    const { client, wire, whole } = scene();
    whole('image', 1);
    for (const method of ['POST', 'PUT', 'DELETE'] as const) {
      for (const path of [['fw'], ['fw', 'image'], ['fw', 'image', 'bin']]) {
        expect((await wire.finish(client.request(GATEWAY, { method, path }))).code).toBe(Code.methodNotAllowed);
      }
    }
  });

  test('tells those who observe an object when another version is the newest', async () => {
    const { client, wire, whole } = scene();
    whole('image', 1);
    whole('other', 1);
    const heard: unknown[] = [];
    client.observe(
      GATEWAY,
      { path: ['fw', 'image'] },
      {
        onNotification: (response) => heard.push(JSON.parse(textOf(response)).version),
        onEnd: () => heard.push('end'),
      },
    );
    await wire.pass(1e6);
    whole('other', 2);
    whole('image', 2);
    await wire.pass(1e6);
    expect(heard).toEqual([1, 2]);
  });

  test('serves what is proven while the rest is missing: a block that is not there waits, and is then told to come later', async () => {
    const { shelf, contentAt } = scene(5_000);
    const coming = new Content('image', 1);
    const store = shelf.begin(coming.descriptor, coming.store());
    const content = await contentAt('fw', 'image', 'bin');
    const { signal } = new AbortController();
    // Blocks of the object end within blocks of CoAP: 1995 bytes each.
    store.acceptBlock(0);
    const into = new Uint8Array(1024);
    expect(await content.read(0, into, signal)).toBe(true);
    expect(Buffer.from(into).equals(coming.bytes.subarray(0, 1024))).toBe(true);
    const across = content.read(1024, into, signal);
    store.acceptBlock(1);
    expect(await across).toBe(true);
    expect(Buffer.from(into).equals(coming.bytes.subarray(1024, 2048))).toBe(true);
    const giving = new AbortController();
    const late = content.read(10_240, into, giving.signal);
    giving.abort();
    expect(await late).toBe(false);
  });

  test('answers 5.03 with the time to come again for a block that does not come', async () => {
    const { client, shelf, wire } = scene(0);
    const coming = new Content('image', 1);
    shelf.begin(coming.descriptor, coming.store());
    const asked = client.request(GATEWAY, { method: 'GET', path: ['fw', 'image', 'bin'] });
    expect(await wire.finish(asked)).toMatchObject({ code: Code.unavailable, maxAgeS: 5 });
  });

  test('never mixes two versions: who reads while a version is replaced sees another tag, or that it is gone', async () => {
    const { client, wire, whole } = scene();
    const [first, path] = [whole('image', 1), ['fw', 'image', 'bin']];
    const fault = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        ({ kind }: CoapFault) => kind,
      );
    const newest = fault(client.request(GATEWAY, { method: 'GET', path }));
    await wire.pass(100_000);
    whole('image', 2);
    expect(await wire.finish(newest)).toBe('changed');
    const old = client.request(GATEWAY, { method: 'GET', path: [...path, '1'] });
    expect((await wire.finish(old)).code).toBe(Code.notFound);
    expect(first.file.isClosed).toBe(true);
  });
});
