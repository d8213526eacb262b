import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Code } from '../../dist/coap/code.js';
import { parseLinks } from '../../dist/coap/links.js';
import type { Peer } from '../../dist/coap/peer.js';
import { Directory } from '../../dist/manager/directory/directory.js';
import { DirectorySite } from '../../dist/manager/directory/directory-site.js';
import { RecentAnswers } from '../../dist/manager/directory/recent-answers.js';
import { readWish } from '../../dist/manager/directory/registration.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import { Wire } from '../coap/wire.js';

const LINKS = '</fw>;obs;rt="layercast.fw",</sw>;rt="layercast.sw x"';
const RD: Peer = { address: '2001:db8::1', port: 5683 };
const DEVICE: Peer = { address: '2001:db8::2', port: 40000 };

describe('a directory', () => {
  it('has exactly the registrations whose lifetime has not passed, whatever comes in which order', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('register' as const), name, lifetimeS: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ kind: fc.constant('update' as const), name, lifetimeS: fc.option(fc.integer({ min: 1, max: 50 })) }),
      fc.record({ kind: fc.constant('remove' as const), name }),
      fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 40 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const virtual = new VirtualClock();
        let next = 0;
        const randomBytes = (count: number) => new Uint8Array(count).fill(next++);
        const told: string[] = [];
        const callbacks = { onRegistered: () => undefined, onEnded: (device: string) => void told.push(device) };
        const directory = new Directory({ clock: new HostClock(virtual), randomBytes }, 4, callbacks);
        // The oracle: when each ends, and all that have ended.
        const ends = new Map<string, { endsS: number; lifetimeS: number; id: string }>();
        const ended: string[] = [];
        let nowS = 0;
        for (const one of steps) {
          if (one.kind === 'pass') {
            nowS += one.seconds;
            await virtual.run(nowS * 1e6);
            const over = [...ends].filter(([, { endsS }]) => endsS <= nowS).sort((a, b) => a[1].endsS - b[1].endsS);
            for (const [device] of over) {
              ends.delete(device);
              ended.push(device);
            }
          } else if (one.kind === 'register') {
            const wish = { device: one.name, lifetimeS: one.lifetimeS, linksText: LINKS, attributes: {} };
            const made = directory.register(wish, DEVICE);
            directory.prove(one.name);
            const isRefused = !ends.has(one.name) && ends.size === 4;
            expect(made === undefined).toBe(isRefused);
            // Who registers again keeps the location.
            if (ends.has(one.name)) expect(made!.id).toBe(ends.get(one.name)!.id);
            if (made !== undefined)
              ends.set(one.name, { endsS: nowS + one.lifetimeS, lifetimeS: one.lifetimeS, id: made.id });
          } else {
            const known = ends.get(one.name);
            const id = known?.id ?? 'unknown';
            if (one.kind === 'remove') {
              expect(directory.remove(id)).toBe(known !== undefined);
              if (ends.delete(one.name)) ended.push(one.name);
            } else {
              expect(directory.update(id, DEVICE, one.lifetimeS ?? undefined) === undefined).toBe(known === undefined);
              const lifetimeS = one.lifetimeS ?? known?.lifetimeS ?? 0;
              if (known !== undefined) ends.set(one.name, { ...known, lifetimeS, endsS: nowS + lifetimeS });
            }
          }
          expect([...directory].map(({ device }) => device).sort()).toEqual([...ends.keys()].sort());
          expect([...told].sort()).toEqual([...ended].sort());
        }
        directory.close();
      }),
      { numRuns: 60 },
    );
  });

  it('knows the device that registered from an address last, also after another has left it', () => {
    const world = { clock: new HostClock(new VirtualClock()), randomBytes: (count: number) => new Uint8Array(count) };
    let next = 0;
    const randomBytes = (count: number) => new Uint8Array(count).fill(next++);
    const directory = new Directory({ ...world, randomBytes }, 9, { onRegistered() {}, onEnded() {} });
    const wish = (device: string) => ({ device, lifetimeS: 60, linksText: '', attributes: {} });
    const first = directory.register(wish('first'), DEVICE)!;
    directory.register(wish('second'), DEVICE);
    directory.remove(first.id);
    expect(directory.at(DEVICE)?.device).toBe('second');
    directory.register(wish('second'), RD);
    expect(directory.at(DEVICE)).toBeUndefined();
  });

  it('takes a registration of before a restart for the time that was left, and none that has ended', async () => {
    const virtual = new VirtualClock();
    const clock = new HostClock(virtual);
    const ended: string[] = [];
    const callbacks = { onRegistered: () => undefined, onEnded: (device: string) => void ended.push(device) };
    const directory = new Directory({ clock, randomBytes: (count) => new Uint8Array(count) }, 9, callbacks);
    const kept = (device: string, leftS: number) => ({
      ...{ device, lifetimeS: 100, linksText: LINKS, attributes: {}, id: device, peer: DEVICE },
      endsAtMs: clock.wallUs() / 1000 + leftS * 1000,
    });
    expect(directory.restore(kept('soon', 10))).toBe(true);
    expect(directory.restore(kept('over', -1))).toBe(false);
    // The clock was set back while the manager was away: no registration lasts longer than its lifetime.
    expect(directory.restore(kept('ahead', 1e6))).toBe(true);
    await virtual.run(11e6);
    expect(ended).toEqual(['soon']);
    await virtual.run(101e6);
    expect(ended).toEqual(['soon', 'ahead']);
  });
});

describe('the resources of a directory', () => {
  function scene(mostCount = 100) {
    const wire = new Wire();
    let next = 1;
    const randomBytes = (count: number) => new Uint8Array(count).fill(next++);
    const directory = new Directory({ clock: wire.clock, randomBytes }, mostCount, { onRegistered() {}, onEnded() {} });
    wire.endpoint(RD, { site: new DirectorySite(directory, ({ address }) => address !== '2001:db8::bad', wire.clock) });
    const from = (peer: Peer) => {
      const endpoint = wire.endpoint(peer);
      return async (method: 'GET' | 'POST' | 'DELETE', path: string, query: readonly string[] = [], text = '') => {
        const payload = Buffer.from(text);
        const contentFormat = text === '' ? undefined : 40;
        const request = { method, path: path.split('/'), query, payload, contentFormat };
        const answer = await wire.finish(endpoint.request(RD, request));
        return { ...answer, text: Buffer.from(answer.payload).toString() };
      };
    };
    return { wire, directory, from };
  }

  it('register, update, look up and remove', async () => {
    const { from, wire, directory } = scene();
    const ask = from(DEVICE);
    const core = await ask('GET', '.well-known/core', ['rt=core.rd']);
    expect(core.text).toBe('</rd>;rt="core.rd";ct=40');
    const made = await ask('POST', 'rd', ['ep=dev-1', 'd=north', 'lt=60', 'et=sensor'], LINKS);
    expect([made.code, made.locationPath[0]]).toEqual([Code.created, 'rd']);
    const location = made.locationPath.join('/');
    const found = await ask('GET', 'rd-lookup/ep', ['rt=layercast.*']);
    expect(parseLinks(found.text)).toEqual([
      {
        target: `/${location}`,
        attributes: { ep: 'dev-1', d: 'north', et: 'sensor', base: 'coap://[2001:db8::2]:40000', rt: 'core.rd-ep' },
      },
    ]);
    const resources = await ask('GET', 'rd-lookup/res', ['ep=dev-1', 'rt=x']);
    expect(parseLinks(resources.text)?.map(({ target }) => target)).toEqual(['coap://[2001:db8::2]:40000/sw']);
    await wire.pass(50e6);
    expect((await ask('POST', location, ['lt=100'])).code).toBe(Code.changed);
    await wire.pass(90e6);
    expect(directory.size).toBe(1);
    expect((await ask('DELETE', location)).code).toBe(Code.deleted);
    expect((await ask('POST', location)).code).toBe(Code.notFound);
  });

  it('give long lists page by page, each entry once', async () => {
    const { from } = scene();
    const ask = from(DEVICE);
    for (let i = 0; i < 25; i++) await ask('POST', 'rd', [`ep=dev-${i}`], LINKS);
    const pages = await Promise.all(
      [0, 1, 2, 3].map(async (page) => {
        const { text } = await ask('GET', 'rd-lookup/ep', ['count=10', `page=${page}`, 'ep=dev-*']);
        return (parseLinks(text) ?? []).map(({ attributes }) => attributes.ep);
      }),
    );
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5, 0]);
    expect(new Set(pages.flat()).size).toBe(25);
  });

  it('take no more criteria than a look-up needs, so that one datagram cannot have all links compared a thousand times', async () => {
    const { from } = scene();
    const ask = from(DEVICE);
    const lookUp = async (count: number) => (await ask('GET', 'rd-lookup/ep', Array(count).fill('ep=*'))).code;
    expect([await lookUp(8), await lookUp(9), await lookUp(100)]).toEqual([
      Code.content,
      Code.badRequest,
      Code.badRequest,
    ]);
  });

  it('look through a full directory about once a second at most, take registrations meanwhile, and look again after it', async () => {
    const { from, wire, directory } = scene(20_000);
    const links = Array.from({ length: 64 }, (_, i) => `</${i}>`).join(',');
    for (let i = 0; i < 10_000; i++) {
      const wish = { device: `d${i}`, lifetimeS: 60_000, linksText: links, attributes: {} };
      directory.register(wish, { address: '2001:db8::3', port: i });
    }
    const ask = from(DEVICE);
    const lookUp = async (name: string) => (await ask('GET', 'rd-lookup/res', [`rt=${name}`])).code;
    expect([await lookUp('a'), await lookUp('b'), await lookUp('c')]).toEqual([
      Code.content,
      Code.unavailable,
      Code.unavailable,
    ]);
    expect([await lookUp('a'), (await ask('POST', 'rd', ['ep=new'], LINKS)).code]).toEqual([
      Code.content,
      Code.created,
    ]);
    await wire.pass(3e6);
    expect(await lookUp('b')).toBe(Code.content);
  });

  it('refuse strangers, and what is too much, too long or of another form, and keep nothing of it', async () => {
    const { from, directory } = scene(2);
    const [ask, stranger] = [from(DEVICE), from({ address: '2001:db8::bad', port: 1 })];
    expect((await stranger('POST', 'rd', ['ep=x'], LINKS)).code).toBe(Code.forbidden);
    expect((await stranger('GET', 'rd-lookup/ep')).code).toBe(Code.forbidden);
    const wrong: readonly (readonly [query: readonly string[], text?: string])[] = [
      [[]],
      [['ep=']],
      [[`ep=${'x'.repeat(64)}`]],
      [['ep=a@b']],
      [['ep=a\u0000b']],
      [['ep=a', 'ep=b']],
      [['ep=a', 'lt=0']],
      [['ep=a', 'lt=4294967295']],
      [['ep=a', 'lt=1e3']],
      [['ep=a', 'base=coap://[2001:db8::666]']],
      [['ep=a', '__proto__=x']],
      [['ep=a', `et=${'x'.repeat(65)}`]],
      [['ep=a', ...Array.from({ length: 9 }, (_, i) => `a${i}=1`)]],
      [['ep=a'], 'no links'],
      [['ep=a'], Array.from({ length: 65 }, () => '</>').join(',')],
    ];
    for (const [query, text] of wrong) {
      expect((await ask('POST', 'rd', query, text)).code, query.join('&')).toBe(Code.badRequest);
    }
    expect((await ask('POST', 'rd', ['ep=a'], `<${'x'.repeat(3000)}>`)).code).toBe(Code.tooLarge);
    expect(directory.size).toBe(0);
    expect((await ask('POST', 'rd', ['ep=constructor'], LINKS)).code).toBe(Code.created);
    expect((await ask('POST', 'rd', ['ep=b'], LINKS)).code).toBe(Code.created);
    for (const device of ['constructor', 'b']) directory.prove(device);
    expect((await ask('POST', 'rd', ['ep=c'], LINKS)).code).toBe(Code.unavailable);
    expect((await ask('POST', 'rd', ['ep=b'], LINKS)).code).toBe(Code.created);
  });

  it('never throw at random queries and payloads', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.uint8Array({ maxLength: 300 }), (query, payload) => {
        readWish(['ep=a', ...query], payload);
        readWish(query, payload);
      }),
    );
  });
});

describe('the answers of look-ups', () => {
  it('are looked for once while nothing changes, also when a device renews its registration, and anew after a change', () => {
    const virtual = new VirtualClock();
    const world = { clock: new HostClock(virtual), randomBytes: (count: number) => new Uint8Array(count).fill(1) };
    const directory = new Directory(world, 4, { onRegistered: () => undefined, onEnded: () => undefined });
    const recent = new RecentAnswers(directory);
    let looks = 0;
    const ask = (what: string) => recent.of(what, () => Uint8Array.of(++looks))?.[0];
    const wish = { device: 'a', lifetimeS: 50, linksText: LINKS, attributes: {} };
    const { id } = directory.register(wish, DEVICE)!;
    expect([ask('x'), ask('x'), ask('y'), ask('x')]).toEqual([1, 1, 2, 1]);
    directory.update(id, DEVICE, 60);
    expect(ask('x')).toBe(1);
    directory.update(id, { ...DEVICE, port: 9 }, 60);
    expect(ask('x')).toBe(3);
    directory.remove(id);
    expect(ask('x')).toBe(4);
    // Sixteen are kept.
    for (let i = 0; i < 16; i++) ask(`${i}`);
    expect(ask('15')).toBe(20);
    expect(ask('x')).toBe(21);
  });
});
