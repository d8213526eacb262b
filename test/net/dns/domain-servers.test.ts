import { describe, expect, it } from 'vitest';
import type { MembershipRequest, Network } from '../../../dist/base/ports.js';
import { type DnsResolver, DomainServers, type ServiceRecord } from '../../../dist/net/dns/domain-servers.js';
import { sourcedNetwork } from '../../../dist/net/dns/sourced-network.js';
import { VirtualClock } from '../../../dist/simulate/clock/virtual-clock.js';
import { HostClock } from '../../../dist/simulate/index.js';

const SERVICE = '_layercast._udp.acme.example';

/** A zone whose records a test changes, and a domain that is looked up in it, in virtual time. */
function scene() {
  const zone = { srv: [] as ServiceRecord[], hosts: {} as Record<string, readonly string[]>, ttl: 30, isDown: false };
  const missing = () => Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  const asked: string[] = [];
  const resolver: DnsResolver = {
    async resolveSrv(name) {
      asked.push(name);
      if (zone.isDown) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      if (name !== SERVICE || zone.srv.length === 0) throw missing();
      return zone.srv;
    },
    async resolve6(name) {
      const addresses = zone.hosts[name];
      if (addresses === undefined) throw missing();
      return addresses.map((address) => ({ address, ttl: zone.ttl }));
    },
  };
  const virtual = new VirtualClock();
  const troubles: string[] = [];
  const servers = new DomainServers('acme.example', resolver, new HostClock(virtual), (message) =>
    troubles.push(message),
  );
  const waiting: string[] = [];
  const signal = new AbortController();
  const open = (patienceMs = 30_000) => servers.open(patienceMs, signal.signal, (message) => waiting.push(message));
  return { zone, asked, virtual, servers, troubles, waiting, signal, open };
}

const record = (name: string, priority = 0, port = 4242): ServiceRecord => ({ name, priority, port });

describe('the servers of a domain', () => {
  it('are the hosts of its SRV records of the lowest priority that have addresses', async () => {
    const { zone, servers, open } = scene();
    zone.srv = [
      record('c.example', 20),
      record('b.example', 10, 5000),
      record('a.example', 10, 5000),
      record('none.example', 5),
    ];
    zone.hosts = {
      'a.example': ['fd00:0:0::2', 'fe80::1', 'ff15::1'],
      'b.example': ['fd00::1', 'FD00::2'],
      'c.example': ['fd00::3'],
    };
    await open();
    expect(servers.answer).toEqual({ port: 5000, sources: ['fd00::1', 'fd00::2'] });
    servers.close();
  });

  it('are heard on one port: that of the first record by name', async () => {
    const { zone, servers, open } = scene();
    zone.srv = [record('b.example', 0, 5000), record('a.example', 0, 4242)];
    zone.hosts = { 'a.example': ['fd00::1'], 'b.example': ['fd00::2'] };
    await open();
    expect(servers.answer).toEqual({ port: 4242, sources: ['fd00::1'] });
    servers.close();
  });

  it('are at most 64, because the system joins no more sources', async () => {
    const { zone, servers, open } = scene();
    zone.srv = [record('a.example')];
    zone.hosts = { 'a.example': Array.from({ length: 100 }, (_, i) => `fd00::${(i + 1).toString(16)}`) };
    await open();
    expect(servers.answer.sources).toHaveLength(64);
    servers.close();
  });

  it('are followed: looked up again when an address expires, at most each second and at least each minute', async () => {
    const { zone, asked, virtual, servers, open } = scene();
    zone.srv = [record('a.example')];
    zone.hosts = { 'a.example': ['fd00::1'] };
    await open();
    const first = servers.answer;
    await virtual.run(29_999_000);
    expect(asked).toHaveLength(1);
    zone.ttl = 0;
    await virtual.run(30_001_000);
    // The same answer is the same object, so that nobody joins anew.
    expect([asked.length, servers.answer === first]).toEqual([2, true]);
    zone.hosts = { 'a.example': ['fd00::9'] };
    zone.ttl = 86_400;
    await virtual.run(31_002_000);
    expect([asked.length, servers.answer.sources]).toEqual([3, ['fd00::9']]);
    await virtual.run(91_003_000);
    expect(asked).toHaveLength(4);
    servers.close();
    await virtual.run(400_000_000);
    expect(asked).toHaveLength(4);
  });

  it('stay as they were while DNS does not answer', async () => {
    const { zone, virtual, servers, troubles, open } = scene();
    zone.srv = [record('a.example')];
    zone.hosts = { 'a.example': ['fd00::1'] };
    await open();
    zone.isDown = true;
    await virtual.run(31_000_000);
    expect(troubles).toEqual([expect.stringContaining('ECONNREFUSED')]);
    expect(servers.answer.sources).toEqual(['fd00::1']);
    zone.isDown = false;
    zone.hosts = { 'a.example': ['fd00::2'] };
    await virtual.run(36_000_000);
    expect(servers.answer.sources).toEqual(['fd00::2']);
    servers.close();
  });

  it('are waited for as long as the receiver is patient', async () => {
    const { zone, asked, virtual, servers, waiting, open } = scene();
    const opened = open(12_000);
    await virtual.run(6_000_000);
    zone.srv = [record('a.example')];
    zone.hosts = { 'a.example': ['fd00::1'] };
    await virtual.run(10_000_000);
    await opened;
    expect([asked.length, waiting]).toEqual([3, [expect.stringContaining(`no SRV record of ${SERVICE} (ENOTFOUND)`)]]);
    servers.close();
  });

  it('are none when nothing is found in that time, or when the domain says so', async () => {
    const late = scene();
    const rejected = expect(late.open(9000)).rejects.toMatchObject({ code: 'NOBODY_SENDING' });
    await late.virtual.run(20_000_000);
    await rejected;
    expect(late.asked).toHaveLength(2);
    const none = scene();
    none.zone.srv = [record('.')];
    await expect(none.open()).rejects.toMatchObject({
      code: 'NOBODY_SENDING',
      message: expect.stringContaining('says that there is none'),
    });
    const unreachable = scene();
    unreachable.zone.srv = [record('a.example')];
    unreachable.zone.hosts = { 'a.example': ['fe80::1', '::1'] };
    await expect(unreachable.open(1000)).rejects.toMatchObject({
      message: expect.stringContaining('a.example have no address'),
    });
  });
});

describe('a network that hears the servers of a domain', () => {
  function joins() {
    const requests: MembershipRequest[] = [];
    const inner: Network = {
      openSender: () => Promise.reject(new Error('not used')),
      join: async (request) => {
        requests.push(request);
        return { isStale: false, leave: async () => undefined };
      },
    };
    let answer = { port: 5000, sources: ['fd00::1'] };
    const network = sourcedNetwork(inner, 'ff15::a', () => answer);
    const change = () => {
      answer = { port: 5000, sources: ['fd00::2'] };
    };
    return { network, requests, change };
  }
  const request = { port: 4242, interface: undefined, sources: [] };

  it('joins groups of any source from these servers, and the announcements on their port', async () => {
    const { network, requests } = joins();
    await network.join({ ...request, group: 'ff15::a' }, () => undefined);
    await network.join({ ...request, group: 'ff15::b' }, () => undefined);
    await network.join({ ...request, group: 'ff35::8000:1', sources: ['fd00::7'] }, () => undefined);
    expect(requests.map(({ group, port, sources }) => [group, port, ...sources])).toEqual([
      ['ff15::a', 5000, 'fd00::1'],
      ['ff15::b', 4242, 'fd00::1'],
      ['ff35::8000:1', 4242, 'fd00::7'],
    ]);
  });

  it('lets memberships become stale when the servers change', async () => {
    const { network, requests, change } = joins();
    const membership = await network.join({ ...request, group: 'ff15::b' }, () => undefined);
    const specific = await network.join({ ...request, group: 'ff35::8000:1', sources: ['fd00::7'] }, () => undefined);
    change();
    expect([membership.isStale, specific.isStale]).toEqual([true, false]);
    expect((await network.join({ ...request, group: 'ff15::b' }, () => undefined)).isStale).toBe(false);
    expect(requests.at(-1)!.sources).toEqual(['fd00::2']);
  });
});
