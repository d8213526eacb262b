import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent } from '../lab/process.js';
import { until } from '../lab/until.js';
import { eventsOf, Scene } from './scene.js';

/** Hosts by what is broken on each, so that all are examined at once. */
const HOSTS = ['healthy', 'flagless', 'walled', 'taken', 'twin', 'bridged', 'down'] as const;

describeBed('doctor', () => {
  let scene: Scene;
  const run = (host: (typeof HOSTS)[number], script: string) => scene.bed.host(host).run('sh', ['-e', '-c', script]);

  beforeAll(async () => {
    scene = await Scene.lay(HOSTS);
    await Promise.all([
      run('flagless', 'ip link set eth0 multicast off; sysctl -q -w net.ipv6.conf.eth0.force_mld_version=1'),
      run(
        'walled',
        `nft add table inet filter; nft 'add chain inet filter input { type filter hook input priority 0; policy drop; }'
         nft add rule inet filter input meta l4proto icmpv6 accept`,
      ),
      run(
        'twin',
        'sysctl -q -w net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.eth0.dad_transmits=1; ip addr add fd00:1::1/64 dev eth0',
      ),
      run(
        'bridged',
        `ip link add br0 type bridge mcast_snooping 0; ip link add d0 type veth peer name d1; ip link set d1 up; ip link set d0 master br0 up
         ip link set br0 up; ip addr add fd00:2::1/64 dev br0 nodad`,
      ),
      run('down', 'ip link set eth0 down'),
    ]);
    const holder = "require('dgram').createSocket('udp6').bind(4242, () => console.log('{}'))";
    await scene.bed
      .host('taken')
      .spawn(process.execPath, ['-e', holder])
      .waitForEvent(() => true);
    await Promise.all([
      until('the address is found to be a duplicate', async () =>
        (await run('twin', 'ip -6 addr')).includes('dadfailed'),
      ),
      until('the bridge has a carrier', async () => (await run('bridged', 'ip link show br0')).includes('LOWER_UP')),
    ]);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  async function examined(host: (typeof HOSTS)[number], ...more: readonly string[]) {
    const process = scene.layercast(host, ['doctor', '--json', ...more]);
    const { code } = await process.exited;
    const findings = eventsOf(process, 'finding').filter(
      ({ severity }) => severity === 'warning' || severity === 'failure',
    );
    return { code, findings, last: eventsOf(process, 'diagnosis').at(-1), stderr: process.stderr };
  }

  /** What was said by the checks that judge the broken thing; the machine's own buffers and clock are not the test's concern. */
  const said = (findings: readonly LabEvent[]) =>
    findings
      .filter(({ check }) => !['buffers', 'clock', 'state'].includes(String(check)))
      .map(({ check, severity, remedy }) => `${check} ${severity}: ${remedy}`);

  test('finds each broken thing on real hosts, and nothing on a healthy one', async () => {
    const [healthy, flagless, walled, taken, twin, bridged, down] = await Promise.all([
      examined('healthy'),
      examined('flagless'),
      examined('walled'),
      examined('taken'),
      examined('twin', '-o', '/proc/firmware.img', '--config', narrow()),
      examined('bridged', '--interface', 'br0'),
      examined('down', '--interface', 'eth0'),
    ]);
    expect([healthy.code, said(healthy.findings), healthy.last?.failures]).toEqual([0, [], 0]);
    expect([flagless.code, said(flagless.findings)]).toEqual([
      1,
      ['multicast failure: ip link set dev eth0 multicast on', expect.stringMatching(/^mld warning: .*mld_version 2/)],
    ]);
    const rule = 'nft insert rule inet filter input ip6 daddr ff00::/8 udp dport 4242 accept';
    expect([walled.code, said(walled.findings)]).toEqual([1, [`loop failure: ${rule}`]]);
    expect([taken.code, said(taken.findings)]).toEqual([1, [expect.stringMatching(/^join failure: .*ss -ulpn/)]]);
    expect([twin.code, said(twin.findings)]).toEqual([
      1,
      [
        expect.stringMatching(/^addresses warning: ip addr del fd00:1::1 dev eth0/),
        expect.stringMatching(/^mtu failure: .*mtu 1696/),
        expect.stringMatching(/^output failure: .*another folder/),
      ],
    ]);
    expect([bridged.code, said(bridged.findings)]).toEqual([
      0,
      [
        expect.stringMatching(/^mld warning: .*mcast_querier 1/),
        'bridge warning: ip link set br0 type bridge mcast_snooping 1',
      ],
    ]);
    expect([down.code, said(down.findings)]).toEqual([1, [expect.stringMatching(/^interface failure: Bring/)]]);
    // The remedy works as it is written.
    await run('walled', String(walled.findings.find(({ check }) => check === 'loop')?.remedy));
    expect((await examined('walled')).code).toBe(0);
  });

  test('examines what the file of an agent or a gateway names, and refuses one that says nothing of this', async () => {
    const file = (name: string, text: string) => {
      writeFileSync(scene.path(name), text);
      return scene.path(name);
    };
    const common = 'fleet: acme\nkey: acme.pub\ninterface: eth7\n';
    const files = [
      file('agent.yaml', `${common}subscribe: [{ object: firmware, output: firmware.img }]\n`),
      file('gateway.yaml', `${common}objects: [firmware]\nwaitFor: 1h\n`),
    ];
    for (const path of files) {
      const { code, findings } = await examined('healthy', path);
      expect([code, findings.map(({ check, message }) => [check, message])]).toEqual([
        1,
        expect.arrayContaining([['interface', expect.stringContaining('eth7')]]),
      ]);
    }
    const { code, stderr } = await examined('healthy', file('manager.yaml', 'listen: 127.0.0.1:8090\ndevices: 10\n'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('says nothing of how this host sends or receives')]);
  });

  /** A fleet whose packets are larger than the MTU. It has no servers of this host's name, so its files do not count. */
  function narrow(): string {
    scene.random('firmware.img', 10_000);
    const objects = { firmware: { file: 'firmware.img', channels: [{ rate: '1Mbit' }] } };
    return scene.fleet({ fleet: 'acme', symbolBytes: 1600, objects, servers: { alpha: {}, beta: {} } });
  }
});
