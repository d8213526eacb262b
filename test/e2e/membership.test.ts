import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { eventually, measureSending, sentMore } from './measure.js';
import { completed, groupsOf, preferred, Scene } from './scene.js';

const rogue = fileURLToPath(new URL('peers/rogue.mjs', import.meta.url));
const receivers = Array.from({ length: 5 }, (_, i) => `r${i + 1}`);

describeBed('servers and the memberships of receivers', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'beta', 'rogue', ...receivers]);
    scene.random('large', 20e6);
    scene.random('small', 1e6);
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('data crosses no port that has not joined, and stops at a port that has left', async () => {
    const { bed } = scene;
    const config = scene.fleet({
      fleet: 'quiet',
      objects: { small: { file: 'small', channels: [{ rate: '4Mbit' }, { rate: '8Mbit' }] } },
    });
    const server = await scene.serve('alpha', config);
    const groups = groupsOf(server, 'small');
    for (const group of groups) await sentMore(bed, 'alpha', group, 300);
    expect(await crossed(groups, scene.bed.record.hosts)).toBe(0);
    await scene.fetched('r1', 'quiet/small', 'small-copy');
    expect(await crossed(groups, ['r1'])).toBeGreaterThan(1e6 / 1184);
    for (const group of groups) await bed.left('r1', group);
    const atLeave = await crossed(groups, ['r1']);
    for (const group of groups) await sentMore(bed, 'alpha', group, 300);
    expect(await crossed(groups, ['r1'])).toBe(atLeave);
    expect(await crossed(groups, scene.bed.record.hosts.slice(1))).toBe(atLeave);
  });

  test('a sender sends as much to one receiver as to five', { timeout: 60_000 }, async () => {
    const config = scene.fleet({
      fleet: 'crowd',
      objects: { large: { file: 'large', channels: [{ rate: '1Mbit' }, { rate: '2Mbit' }] } },
    });
    const server = await scene.serve('alpha', config, [], [], preferred);
    const packetsPerSecond = 3e6 / 8 / 1280;
    for (const hosts of [receivers.slice(0, 1), receivers.slice(1)]) {
      const receiving = hosts.map((host) => scene.fetch(host, 'crowd/large', `crowd-${host}`));
      await Promise.all(receiving.map((process) => process.waitForEvent('progress')));
      // The sender keeps to the fleet file's rate within one per cent each time.
      await eventually(async () => {
        const { seconds, groups } = await measureSending(scene.bed, 'alpha', 4);
        const packets = groupsOf(server, 'large').reduce((sum, group) => sum + groups.get(group)!.packets, 0);
        expect(packets / seconds.least).toBeGreaterThan(packetsPerSecond * 0.99);
        expect(packets / seconds.most).toBeLessThan(packetsPerSecond * 1.01);
      });
    }
    const joined = (await scene.bed.memberships()).filter(({ group }) => group === groupsOf(server, 'large')[1]);
    expect(joined.map(({ host }) => host).toSorted()).toEqual(receivers.toSorted());
  });

  test('a source-specific receiver hears the named servers and nobody else', async () => {
    const { bed } = scene;
    const config = scene.fleet({
      fleet: 'named',
      ssm: true,
      objects: { small: { file: 'small', channels: [{ rate: '2Mbit' }] } },
      servers: {
        alpha: { address: bed.host('alpha').address },
        beta: { address: bed.host('beta').address, offset: '50%' },
      },
    });
    const [alpha] = await Promise.all(['alpha', 'beta'].map((host) => scene.serve(host, config)));
    const [group] = groupsOf(alpha!, 'small');
    const sources = ['alpha', 'beta'].map((host) => bed.host(host).address);
    expect(group).toMatch(/^ff35::/);
    const noise = JSON.stringify({ group, port: 4242, kinds: ['random', 'truncated'], intervalMs: 2 });
    await bed.host('rogue').spawn(process.execPath, [rogue, noise]).waitForEvent('sending');
    await sentMore(bed, 'rogue', group!, 50);
    const receiving = scene.fetch('r1', 'named/small', 'named-copy');
    await Promise.all(sources.map((source) => bed.joined('r1', group!, source)));
    const members = (await bed.memberships()).filter((member) => member.group === group && member.host === 'r1');
    expect(members.map(({ source }) => source).toSorted()).toEqual(sources);
    await sentMore(bed, 'rogue', group!, 50);
    const complete = await completed(receiving);
    expect(complete).toMatchObject({ invalidDatagrams: 0, invalid: {} });
    expect(complete.servers.map(({ server }) => server).toSorted()).toEqual(['alpha', 'beta']);
  });

  test('a server listens nowhere and receives nothing', async () => {
    const { bed } = scene;
    const config = scene.fleet({
      fleet: 'deaf',
      objects: { small: { file: 'small', channels: [{ rate: '2Mbit' }, { rate: '2Mbit', dscp: 8 }] } },
    });
    const server = await scene.serve('alpha', config);
    const [group] = groupsOf(server, 'small');
    const receivedBefore = await received();
    // Datagrams of a scan: to the ports that the server sends from, and to the group that it sends to.
    const ports = (await udpSockets()).map(({ localPort }) => localPort);
    expect(ports).toHaveLength(4);
    for (const udpPort of [...ports, 4242]) {
      const scan = { group: bed.host('alpha').address, port: udpPort, kinds: ['random'], intervalMs: 1, count: 20 };
      await bed
        .host('rogue')
        .spawn(process.execPath, [rogue, JSON.stringify(scan)])
        .waitForEvent('sent');
    }
    await sentMore(bed, 'alpha', group!, 100);
    expect(await received()).toEqual(receivedBefore);
    for (const { remote } of await udpSockets()) expect(remote).toMatch(/^FF15/i);
    expect((await bed.host('alpha').run('ss', ['-H', '-tlnw'])).trim()).toBe('');

    /** Sockets of alpha's network, from /proc/net/udp6: address and port in hexadecimal, addresses in host byte order. */
    async function udpSockets() {
      const lines = (await bed.host('alpha').run('cat', ['/proc/net/udp6'])).trim().split('\n').slice(1);
      return lines.map((line) => {
        const [, local = '', remote = ''] = line.trim().split(/\s+/);
        const [address = '', remotePort] = remote.split(':');
        return {
          localPort: Number.parseInt(local.split(':')[1]!, 16),
          remote: `${Buffer.from(address.slice(0, 8), 'hex').reverse().toString('hex')}:${remotePort}`,
        };
      });
    }

    async function received(): Promise<number> {
      return Number(/Udp6InDatagrams\s+(\d+)/.exec(await bed.host('alpha').run('cat', ['/proc/net/snmp6']))?.[1]);
    }
  });

  /** Packets that the bridge sent to these hosts in these groups. */
  async function crossed(groups: readonly string[], hosts: readonly string[]): Promise<number> {
    const counts = await Promise.all(
      hosts.flatMap((host) => groups.map(async (group) => (await scene.bed.port(host).sent(group)).packets)),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }
});
