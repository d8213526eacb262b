import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent, LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';
import { completed, eventsOf, groupsOf, preferred, Scene, type Server } from './scene.js';

/** Reports of version 1 and 2, and datagrams to data channels, as they cross the server's port. */
const CAPTURE = 'icmp6 or ip6[6] == 0 or udp port 4242';

describeBed('a server with trigger: mld, at a bridge that snoops', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1', 'r2']);
    await scene.bed.queryEvery(1000);
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const channels = [{ rate: '4Mbit' }, { rate: '4Mbit' }];

  async function serving(fleet: string, more: Readonly<Record<string, unknown>> = {}, bytes = 400_000) {
    const image = scene.random('image', bytes);
    const objects = { a: { file: 'image', channels, trigger: 'mld' } };
    const config = scene.fleet({ fleet, hopLimit: 1, interface: 'eth0', ...more, objects });
    const server = await scene.serve('alpha', config, ['a'], [], { ...preferred, env: { LAYERCAST_NET: 'batch' } });
    await paused(server, [0, 1]);
    return { image, server, key: `${fleet}/a` };
  }

  /** Resolves when the last event of each of these channels says that it pauses. */
  async function paused({ process }: Server, indices: readonly number[]): Promise<void> {
    const isPaused = (index: number) =>
      (eventsOf(process, 'pause').findLast(({ channel }) => channel === index)?.pausedFor as string[] | undefined)
        ?.length === 1;
    const isAll = (event: LabEvent) => event.event === 'pause' && indices.every(isPaused);
    if (!indices.every(isPaused)) await process.waitForEvent(isAll, { timeoutMs: 30_000 });
  }

  async function capture(): Promise<LabProcess> {
    const process = scene.bed
      .host('alpha')
      .spawn('tcpdump', ['-i', 'eth0', '-n', '-l', '-tt', '-v', '--immediate-mode', CAPTURE]);
    await until('tcpdump listens', async () => process.stderr.includes('listening on'));
    return process;
  }

  /** Milliseconds from the first report of a group to its first datagram, as captured. */
  function delayMs(captured: string, group: string): number {
    // The lines of one packet: those after the first begin with a space.
    const packets = captured.split(/\n(?=\d)/);
    const timeOf = (isOne: (text: string) => boolean) => Number.parseFloat(packets.find(isOne) ?? 'NaN') * 1000;
    const reportedMs = timeOf((text) => /listener report/.test(text) && text.includes(group));
    return timeOf((text) => text.includes(`> ${group}.4242`)) - reportedMs;
  }

  test('sends from the first report of either version on and not before, and stops after the leave', {
    timeout: 60_000,
  }, async () => {
    const { image, server, key } = await serving('versions');
    for (const version of [1, 2]) {
      await scene.bed.host('r1').run('sysctl', ['-q', '-w', `net.ipv6.conf.eth0.force_mld_version=${version}`]);
      const dump = await capture();
      const complete = await completed(scene.fetch('r1', key, `out-${version}`));
      expect(readFileSync(scene.path(`out-${version}`)).equals(image)).toBe(true);
      expect(complete.servers.map(({ lostDatagrams }) => lostDatagrams)).toEqual([0]);
      await paused(server, [0, 1]);
      for (const group of groupsOf(server, 'a')) expect(delayMs(dump.stdout, group)).toBeGreaterThan(0);
    }
  });

  test('goes by those who want its own datagrams, with source-specific joins', { timeout: 60_000 }, async () => {
    const servers = { one: { address: scene.bed.host('alpha').address } };
    const { image, server, key } = await serving('ssm', { ssm: true, servers });
    // This host wants the group from another server.
    const other = scene.bed.host('r2').spawn(process.execPath, [
      '-e',
      `const s = require('node:dgram').createSocket('udp6').bind(0, () => {
        s.addSourceSpecificMembership('fd00:1::99', '${groupsOf(server, 'a')[0]}', '::%eth0'); console.log('joined') })`,
    ]);
    await until('r2 has joined', async () => other.stdout.includes('joined'));
    await completed(scene.fetch('r1', key, 'out-ssm'));
    expect(readFileSync(scene.path('out-ssm')).equals(image)).toBe(true);
    await paused(server, [0, 1]);
  });

  test('stops for a host that vanishes, and sends to all when nobody asks who listens', {
    timeout: 60_000,
  }, async () => {
    const { server, key } = await serving('vanish', {}, 50_000_000);
    const fetching = scene.fetch('r2', key, 'out-vanish');
    await fetching.waitForEvent('progress', { timeoutMs: 20_000 });
    await scene.bed.port('r2').unplug();
    await paused(server, [0, 1]);
    // It must not listen again when it is back: then both channels would be sent already when nobody asks any more.
    fetching.kill('SIGKILL');
    await fetching.exited;
    await scene.bed.port('r2').plug();
    const before = eventsOf(server.process, 'pause').length;
    await scene.bed.endQueries();
    await server.process.waitForEvent(({ event, code }) => event === 'warning' && code === 'MLD', {
      timeoutMs: 20_000,
    });
    await until('both channels are sent', async () => eventsOf(server.process, 'pause').length >= before + 2);
    expect(eventsOf(server.process, 'pause').slice(-2)).toMatchObject([{ pausedFor: [] }, { pausedFor: [] }]);
    await scene.bed.queryEvery(1000);
  });

  test('sends all the time, and says why, where it may not hear reports', { timeout: 60_000 }, async () => {
    const image = scene.random('image', 100_000);
    const objects = { a: { file: 'image', channels, trigger: 'mld' } };
    const config = scene.fleet({ fleet: 'deaf', hopLimit: 1, interface: 'eth0', objects });
    const weak = {
      env: { LAYERCAST_NET: 'batch' },
      through: ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw'],
    };
    const { process } = await scene.serve('alpha', config, ['a'], [], weak);
    expect(eventsOf(process, 'warning')).toMatchObject([
      { code: 'PERMISSION_DENIED', hint: expect.stringContaining('CAP_NET_RAW') },
    ]);
    await completed(scene.fetch('r1', 'deaf/a', 'out-deaf'));
    expect(readFileSync(scene.path('out-deaf')).equals(image)).toBe(true);
    expect(eventsOf(process, 'pause')).toEqual([]);
  });
});
