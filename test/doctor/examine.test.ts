import { describe, expect, it } from 'vitest';
import { examine } from '../../dist/doctor/examine.js';
import type { Severity } from '../../dist/doctor/finding.js';
import type { AddressFacts, HostFacts, LinkFacts, MldFacts, ProbeFacts } from '../../dist/doctor/host-facts.js';

const address: AddressFacts = { address: 'fd00::1', state: 'usable', isLinkLocal: false, isTemporary: false };
const link: LinkFacts = { name: 'eth0', addresses: [address], canMulticast: true, mtuBytes: 1500 };
const mld: MldFacts = { queryCount: 3, listenedMs: 0, v1ReportCount: 0, v2ReportCount: 1 };
const probe: ProbeFacts = {
  group: 'ff15::1',
  port: 4242,
  joinFault: undefined,
  sendFault: undefined,
  sentCount: 8,
  heardCount: 8,
  mld,
};
const grant = { askedBytes: 8 << 20, grantedBytes: 8 << 20 };
const folder = {
  path: '/state',
  triedPath: '/state',
  failure: undefined,
  freeBytes: 1e9,
  userId: 1000,
  fileSystem: 0xef53,
};

/** A host on which everything is right. */
const healthy: HostFacts = {
  platform: 'linux',
  needs: { port: 4242, symbolBytes: 1184, ssm: false, passesRouters: true, sends: false, keepsState: true },
  choice: { name: 'eth0', isNamed: false },
  others: [],
  link,
  bridge: { name: 'br0', isSnooping: true, isQuerier: true, mldVersion: 2 },
  probe,
  batches: { whyNot: undefined, isRefused: false, lacks: [] },
  buffers: { receive: grant, send: grant },
  firewall: { program: undefined, inputChain: undefined },
  clock: { nowS: 2e9, builtS: 1e9, isSynchronized: true },
  state: folder,
  output: folder,
  fleet: { warnings: [] },
};
const server = { ...healthy.needs, sends: true };
const fault = { errno: undefined, message: 'cannot join', hint: 'Do this' };

/** Each row breaks one thing: the facts that differ, the check that has to notice, and what mends it. */
const broken: readonly (readonly [string, Partial<HostFacts>, string, Severity, RegExp])[] = [
  ['no interface', { choice: { fault: 'no interface is up', hint: undefined } }, 'interface', 'failure', /ip -6 addr/],
  ['several interfaces', { others: ['wlan0'] }, 'interface', 'warning', /--interface/],
  ['a tentative address', withAddress({ state: 'tentative' }), 'addresses', 'warning', /dev eth0/],
  ['a duplicate address', withAddress({ state: 'duplicate' }), 'addresses', 'warning', /ip addr del fd00::1 dev eth0/],
  [
    'a server without an address that routers forward',
    { ...withAddress({ isLinkLocal: true }), needs: server },
    'addresses',
    'failure',
    /ip addr add/,
  ],
  [
    'a server with a privacy address',
    { ...withAddress({ isTemporary: true }), needs: server },
    'addresses',
    'warning',
    /eth0.use_tempaddr=0/,
  ],
  ['no MULTICAST flag', { link: { ...link, canMulticast: false } }, 'multicast', 'failure', /dev eth0 multicast on/],
  ['a refused join', { probe: { ...probe, joinFault: fault } }, 'join', 'failure', /Do this/],
  ['a refused send', { probe: { ...probe, sendFault: fault } }, 'loop', 'failure', /Do this/],
  [
    'a server that may not hear listeners',
    { hearing: { mayHear: false }, needs: server },
    'listeners',
    'failure',
    /CAP_NET_RAW/,
  ],
  ['nothing that comes back', { probe: { ...probe, heardCount: 0 } }, 'loop', 'failure', /nft list ruleset/],
  [
    'a firewall of nft',
    {
      probe: { ...probe, heardCount: 0 },
      firewall: { program: 'nft' as const, inputChain: 'inet filter input' },
    },
    'loop',
    'failure',
    /nft insert rule inet filter input ip6 daddr ff00::\/8 udp dport 4242 accept/,
  ],
  [
    'firewalld',
    { probe: { ...probe, heardCount: 0 }, firewall: { program: 'firewalld' as const, inputChain: undefined } },
    'loop',
    'failure',
    /--add-port=4242\/udp/,
  ],
  ['half that comes back', { probe: { ...probe, heardCount: 4 } }, 'loop', 'warning', /ruleset/],
  ['no query', { probe: { ...probe, mld: { ...mld, queryCount: 0 } } }, 'mld', 'warning', /mcast_querier 1/],
  [
    'MLDv1',
    { probe: { ...probe, mld: { ...mld, v1ReportCount: 1, v2ReportCount: 0 } } },
    'mld',
    'warning',
    /version 2/,
  ],
  [
    'MLDv1 for a source-specific fleet',
    {
      probe: { ...probe, mld: { ...mld, v1ReportCount: 1, v2ReportCount: 0 } },
      needs: { ...healthy.needs, ssm: true },
    },
    'mld',
    'failure',
    /version 2/,
  ],
  ['no snooping', { bridge: { ...healthy.bridge!, isSnooping: false } }, 'bridge', 'warning', /br0 .*mcast_snooping 1/],
  ['an MLDv1 querier', { bridge: { ...healthy.bridge!, mldVersion: 1 } }, 'bridge', 'warning', /mcast_mld_version 2/],
  [
    'a bridge without any querier',
    { bridge: { ...healthy.bridge!, isQuerier: false }, probe: { ...probe, mld: { ...mld, queryCount: 0 } } },
    'bridge',
    'warning',
    /br0 .*mcast_querier 1/,
  ],
  [
    'packets larger than the MTU',
    { needs: { ...healthy.needs, symbolBytes: 1405 } },
    'mtu',
    'failure',
    /eth0 mtu 1501, or "symbolBytes: 1404"/,
  ],
  [
    'small receive buffers',
    { buffers: { receive: { ...grant, grantedBytes: 212_992 }, send: grant } },
    'buffers',
    'warning',
    /net.core.rmem_max=8388608/,
  ],
  [
    'small send buffers of a server',
    { buffers: { receive: grant, send: { ...grant, grantedBytes: 212_992 } }, needs: server },
    'buffers',
    'warning',
    /net.core.wmem_max=8388608/,
  ],
  ['no koffi', { batches: { ...healthy.batches, whyNot: 'no koffi' } }, 'batches', 'note', /npm install koffi/],
  [
    'batches that were turned off',
    { batches: { ...healthy.batches, whyNot: 'LAYERCAST_NET is dgram', isRefused: true } },
    'batches',
    'note',
    /LAYERCAST_NET out/,
  ],
  ['an old kernel', { batches: { ...healthy.batches, lacks: ['UDP_GRO'] } }, 'batches', 'note', /newer kernel/],
  ['a receiver from before its build', withClock({ nowS: 1 }), 'clock', 'warning', /timedatectl/],
  ['a server from before its build', { ...withClock({ nowS: 1 }), needs: server }, 'clock', 'failure', /timedatectl/],
  ['a clock that nothing sets', withClock({ isSynchronized: false }), 'clock', 'note', /timedatectl/],
  ['a read-only state directory', { state: { ...folder, failure: 'EROFS' } }, 'state', 'failure', /remount/],
  [
    'a state directory that cannot be written, at a server that encodes nothing',
    { state: { ...folder, failure: 'EACCES' }, needs: { ...healthy.needs, sends: true, keepsState: false } },
    'state',
    'warning',
    /^chown 1000 \/state,/,
  ],
  [
    'a state directory that cannot be made',
    { state: { ...folder, triedPath: '/', failure: 'EACCES' } },
    'state',
    'failure',
    /^install -d -o 1000 \/state,/,
  ],
  [
    'an output in a folder that is missing',
    { output: { ...folder, triedPath: '/' } },
    'output',
    'failure',
    /^mkdir -p/,
  ],
  ['a nearly full state directory', { state: { ...folder, freeBytes: 1e6 } }, 'state', 'warning', /df -h/],
  ['an output without permission', { output: { ...folder, failure: 'EACCES' } }, 'output', 'failure', /chown/],
  ['a full disk', { output: { ...folder, freeBytes: 0 } }, 'output', 'failure', /df -h/],
  [
    'a release that has expired, at a server',
    { fleet: { warnings: [{ code: 'EXPIRED', path: ['root'], message: 'expired' }] }, needs: server },
    'fleet',
    'failure',
    /layercast sign/,
  ],
  [
    'a root that expires soon',
    { fleet: { warnings: [{ code: 'EXPIRES_SOON', path: ['root'], message: 'expires' }] }, needs: server },
    'fleet',
    'warning',
    /layercast root/,
  ],
  [
    'a warning without advice of its own',
    { fleet: { warnings: [{ code: 'BURST', path: ['burst'], message: 'long' }] } },
    'fleet',
    'warning',
    /Correct burst/,
  ],
];

describe('the checks', () => {
  it('find nothing wrong with a healthy host, and each says something', () => {
    const findings = examine(healthy);
    expect(findings.filter(({ severity }) => severity !== 'ok')).toEqual([]);
    expect(new Set(findings.map(({ check }) => check)).size).toBe(14);
  });

  it.each(broken)('find %s, say why it matters and what mends it', (_, facts, check, severity, remedy) => {
    const found = examine({ ...healthy, ...facts }).filter((finding) => finding.severity !== 'ok');
    // A bridge without a querier is a network without one, too.
    const others = found.filter((finding) => finding.check !== check && finding.check !== 'mld');
    expect(others).toEqual([]);
    const own = found.find((finding) => finding.check === check);
    expect(own).toMatchObject({ severity, remedy: expect.stringMatching(remedy) });
    expect(own?.why).toMatch(/\.$/);
  });

  it('say nothing of what the system does not tell', () => {
    const unknown: HostFacts = {
      ...healthy,
      choice: { fault: 'none', hint: undefined },
      link: undefined,
      bridge: undefined,
      probe: undefined,
      buffers: undefined,
      output: undefined,
      fleet: undefined,
      clock: { ...healthy.clock, isSynchronized: undefined },
      state: { ...folder, freeBytes: undefined },
    };
    const failures = examine(unknown).filter(({ severity }) => severity !== 'ok');
    expect(failures.map(({ check }) => check)).toEqual(['interface']);
  });

  it('leave to the check of the interface what a fleet file says of it', () => {
    const warnings = [{ code: 'MTU' as const, path: ['symbolBytes'], message: 'too large' }];
    expect(examine({ ...healthy, fleet: { warnings } }).filter(({ severity }) => severity !== 'ok')).toEqual([]);
  });
});

function withAddress(change: Partial<AddressFacts>): Partial<HostFacts> {
  return { link: { ...link, addresses: [{ ...address, ...change }] } };
}

function withClock(change: Partial<HostFacts['clock']>): Partial<HostFacts> {
  return { clock: { ...healthy.clock, ...change } };
}
