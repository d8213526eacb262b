import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { Bed } from '../lab/bed.js';
import type { LabEvent, LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';

const owner = fileURLToPath(new URL('peers/owner.mjs', import.meta.url));

/** Alpha's address on the cable; see `Bed.cable`. */
const source = 'fd00:2::1';
/** Sockets of three kinds: plain, marked with a code point, and source-specific. All are on the cable beside the bridge. */
const groups = { plain: 'ff15::aaaa:1', marked: 'ff15::aaaa:2', specific: 'ff35::8000:aaaa' };
const labels = Object.keys(groups) as readonly (keyof typeof groups)[];
const senders = labels.map((label) => ({
  label,
  group: groups[label],
  interface: 'eth1',
  ...(label === 'marked' ? { dscp: 8 } : {}),
  ...(label === 'specific' ? { source } : {}),
}));
const memberships = labels.map((label) => ({
  label,
  group: groups[label],
  interface: 'eth1',
  sources: label === 'specific' ? [source] : [],
}));

describeBed('sockets on an interface', () => {
  let bed: Bed;
  let reports: LabProcess;
  beforeAll(async () => {
    bed = await Bed.lay({ hosts: ['alpha', 'r1'] });
    reports = await bed.watchMemberships();
  });
  afterEach(async () => {
    for (const host of ['alpha', 'r1']) await bed.host(host).end();
    const removing = 'for name in eth1 wan0; do ip link del $name 2>/dev/null; done; true';
    await bed.host('alpha').run('sh', ['-c', removing]);
  });
  afterAll(() => bed?.lift());

  test('that is deleted fall silent, and send again when the interface is made anew', async () => {
    await bed.cable('alpha', 'r1');
    const [sending, listening] = [owning('alpha', { senders }), owning('r1', { memberships })];
    await all(listening, 'heard');
    await bed.host('alpha').run('ip', ['link', 'del', 'eth1']);
    for (const process of [sending, listening]) {
      await all(process, 'stale');
      for (const refused of await all(process, 'refused')) {
        expect(refused).toMatchObject({ name: 'LayercastError', code: 'UNKNOWN_INTERFACE' });
        expect(refused.hint).toContain('eth0');
      }
    }
    await bed.cable('alpha', 'r1');
    await all(listening, 'heard', 2);
    await nothingElsewhere();
  });

  test('whose name another interface takes use the interface with the name, and the former one no more', async () => {
    await bed.cable('alpha', 'r1');
    const [sending, listening] = [owning('alpha', { senders }), owning('r1', { memberships })];
    await all(listening, 'heard');
    await countLeaving('wan0');
    // The cable stays, with its addresses, so that datagrams that are still sent on it are counted.
    for (const host of ['alpha', 'r1']) await bed.host(host).run('sh', ['-c', renaming('eth1', 'wan0')]);
    for (const process of [sending, listening]) await all(process, 'refused');
    const sentBefore = await leaving();
    expect(await bed.cable('alpha', 'r1')).toBe('eth1');
    await all(listening, 'heard', 2);
    expect(await leaving()).toBe(sentBefore);
    const joined = await bed.host('r1').run('ip', ['-6', 'maddr', 'show', 'dev', 'wan0']);
    for (const group of Object.values(groups)) expect(joined).not.toContain(group);
    await nothingElsewhere();
  });

  test('stop when their source address leaves the interface, and return with the address', async () => {
    await bed.cable('alpha', 'r1');
    const chosen = { label: 'plain', group: groups.plain, interface: 'eth1' };
    const sending = owning('alpha', { senders: [chosen, ...senders.slice(1)] });
    const listening = owning('r1', { memberships });
    for (const { source: from } of await all(listening, 'heard')) expect(from).toBe(source);
    const address = [`${source}/64`, 'dev', 'eth1'];
    await bed.host('alpha').run('ip', ['addr', 'del', ...address]);
    await all(sending, 'stale');
    const isRefused = ({ event, label }: LabEvent) => event === 'refused' && label === 'specific';
    expect(await sending.waitForEvent(isRefused)).toMatchObject({
      code: 'NETWORK_UNAVAILABLE',
      message: expect.stringContaining(`${source} is not an address of this host (EADDRNOTAVAIL)`),
    });
    // Nobody asked for an address, so the socket uses the link-local address, though routers would not forward it.
    await all(sending, 'opened', 2, ['plain', 'marked']);
    const isMakeshift = ({ event, source: from }: LabEvent) => event === 'heard' && String(from).startsWith('fe80::');
    await listening.waitForEvent(isMakeshift);
    await bed.host('alpha').run('ip', ['addr', 'add', ...address, 'nodad']);
    await all(sending, 'opened', 3, ['plain', 'marked']);
    await all(sending, 'opened', 2, ['specific']);
    await sourcesHeard(listening, 'plain', [source, 'fe80:', source]);
    await nothingElsewhere();
  });

  test('wait for a source address that is tentative, and say when another host has it', async () => {
    await bed.cable('alpha', 'r1');
    const alpha = bed.host('alpha');
    await alpha.run('sh', ['-c', 'cd /proc/sys/net/ipv6/conf/eth1 && echo 1 >accept_dad && echo 1 >dad_transmits']);
    await bed.host('r1').run('ip', ['addr', 'add', 'fd00:2::66/64', 'dev', 'eth1', 'nodad']);
    await alpha.run('ip', ['-6', 'addr', 'flush', 'dev', 'eth1']);
    await alpha.run('ip', ['addr', 'add', `${source}/64`, 'dev', 'eth1']);
    expect(await alpha.run('ip', ['-6', 'addr', 'show', 'dev', 'eth1'])).toContain('tentative');
    const waiting = owning('alpha', { senders });
    await all(waiting, 'opened');
    expect(waiting.stdout).not.toContain('refused');
    await alpha.run('ip', ['addr', 'add', 'fd00:2::66/64', 'dev', 'eth1']);
    const refused = owning('alpha', { senders: senders.map((sender) => ({ ...sender, source: 'fd00:2::66' })) });
    for (const { code, message, hint } of await all(refused, 'refused')) {
      expect(code).toBe('NETWORK_UNAVAILABLE');
      expect(message).toContain("fd00:2::66 is also another host's");
      expect(hint).toContain('dadfailed');
    }
  });

  test('send from a link-local address, which is bound with its interface', async () => {
    await bed.cable('alpha', 'r1');
    const shown = await bed.host('alpha').run('ip', ['-6', 'addr', 'show', 'dev', 'eth1', 'scope', 'link']);
    const [, local] = /inet6 (fe80::\S+)\/64/.exec(shown)!;
    const sending = [
      { label: 'plain', group: groups.plain, source: local },
      { label: 'marked', group: groups.marked, source: local, interface: 'eth1', dscp: 8 },
    ];
    const listening = owning('r1', { memberships: memberships.slice(0, 2) });
    await all(listening, 'joined', 1, ['plain', 'marked']);
    owning('alpha', { senders: sending });
    for (const { source: from } of await all(listening, 'heard', 1, ['plain', 'marked'])) expect(from).toBe(local);
    await nothingElsewhere();
  });

  test('report what the system refused and what to do about it, and leave nothing open', async () => {
    const occupant = `require('node:dgram').createSocket('udp6').bind(4242, () => console.log('{"event":"bound"}'))`;
    await bed.host('r1').spawn(process.execPath, ['-e', occupant]).waitForEvent('bound');
    const [membership] = memberships;
    const taken = owning('r1', { memberships: [{ ...membership, interface: 'eth0' }] });
    expect((await all(taken, 'refused', 1, ['plain']))[0]).toMatchObject({
      code: 'NETWORK_UNAVAILABLE',
      message: `cannot join [${groups.plain}]:4242 on eth0: another program uses port 4242 exclusively (EADDRINUSE)`,
      hint: expect.stringContaining('ss -ulpn'),
    });
    // The kernel allows 64 sources for one group, unless someone raised this limit.
    const sources = Array.from({ length: 65 }, (_, i) => `fd00:9::${(i + 1).toString(16)}`);
    const crowded = owning('r1', {
      memberships: [{ label: 'crowded', group: 'ff35::8000:bbbb', port: 4243, interface: 'eth0', sources }],
    });
    expect((await all(crowded, 'refused', 1, ['crowded']))[0]).toMatchObject({
      code: 'NETWORK_UNAVAILABLE',
      message: expect.stringMatching(/\(ENOBUFS\)$/),
      hint: expect.stringContaining('net.ipv6.mld_max_msf'),
    });
    const openCounts: number[] = [];
    for (const count of [10, 30]) {
      await crowded.waitForEvent((event) => event.event === 'tried' && event.count === count);
      openCounts.push(readdirSync(`/proc/${crowded.pid}/fd`).length);
    }
    // Twenty attempts later. At the moment of either count an attempt may be under way, with a socket and the table of interfaces.
    expect(openCounts[1]).toBeLessThan(openCounts[0]! + 5);
  });

  function owning(host: string, sockets: object): LabProcess {
    return bed.host(host).spawn(process.execPath, [owner, JSON.stringify(sockets)]);
  }

  /** Resolves when each label has this many events of a kind; the result is the last event of each label. */
  async function all(process: LabProcess, kind: string, count = 1, of: readonly string[] = labels) {
    return await Promise.all(
      of.map((wanted) => {
        let seen = 0;
        return process.waitForEvent(({ event, label }) => event === kind && label === wanted && ++seen === count);
      }),
    );
  }

  /** Resolves when datagrams of these sources have been heard, one source after another. */
  async function sourcesHeard(process: LabProcess, label: string, prefixes: readonly string[]): Promise<void> {
    let seen = 0;
    await process.waitForEvent((event) => {
      const isNext =
        event.event === 'heard' && event.label === label && String(event.source).startsWith(prefixes[seen]!);
      if (isNext) seen++;
      return seen === prefixes.length;
    });
  }

  /** Counts the datagrams that alpha sends on an interface of this name. */
  async function countLeaving(name: string): Promise<void> {
    const rules = `table inet leaving {
  counter datagrams { }
  chain out {
    type filter hook output priority 0;
    oifname "${name}" meta l4proto udp counter name datagrams
  }
}`;
    await bed.host('alpha').run('nft', ['-f', '-'], rules);
  }

  async function leaving(): Promise<number> {
    const listed = JSON.parse(
      await bed.host('alpha').run('nft', ['-j', 'list', 'counters', 'table', 'inet', 'leaving']),
    );
    return listed.nftables.find((entry: { counter?: object }) => entry.counter !== undefined).counter.packets as number;
  }

  /**
   * Asserts that no datagram of the groups has come to the bridge, nor a report of a membership. To be sure that all earlier ones would
   * have been counted by now, the test sends a datagram and joins a group there on purpose, and waits until both are counted.
   */
  async function nothingElsewhere(): Promise<void> {
    const control = `ff15::cccc:${(controlCount++).toString(16)}`;
    const listening = owning('r1', { memberships: [{ label: 'control', group: control, interface: 'eth0' }] });
    owning('alpha', { senders: [{ label: 'control', group: control, interface: 'eth0' }] });
    await all(listening, 'heard', 1, ['control']);
    await until('the membership on purpose is reported', async () => reports.stdout.includes(control));
    expect((await bed.port('alpha').received(control)).packets).toBeGreaterThan(0);
    for (const group of Object.values(groups)) {
      expect((await bed.port('alpha').received(group)).packets).toBe(0);
      expect(reports.stdout).not.toContain(group);
    }
  }
});

let controlCount = 1;

/** Kernels before 6.2 rename an interface only while it is down. */
function renaming(from: string, to: string): string {
  return `ip link set ${from} name ${to} 2>/dev/null || { ip link set ${from} down; ip link set ${from} name ${to}; ip link set ${to} up; }`;
}
