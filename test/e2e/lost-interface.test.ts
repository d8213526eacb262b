import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';
import { completed, progressBeyond, Scene, sha256Of } from './scene.js';

const on = ['--interface', 'eth1'];

describeBed('a server and a receiver whose interface comes late, is deleted and is made anew', () => {
  let scene: Scene;
  let reports: LabProcess;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
    reports = await scene.bed.watchMemberships();
    scene.random('image', 6e6);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('wait for it, say so, continue by themselves, and use no other interface meanwhile', {
    timeout: 90_000,
  }, async () => {
    const { bed } = scene;
    const channels = [{ rate: '4Mbit' }, { rate: '8Mbit', dscp: 8 }];
    const config = scene.fleet({ fleet: 'roaming', objects: { image: { file: 'image', channels } } });
    const server = scene.layercast('alpha', ['serve', '--config', config, '--json', ...on]);
    const receiving = scene.fetch('r1', 'roaming/image', 'copy', on);
    for (const process of [server, receiving]) {
      const waiting = await process.waitForEvent('waiting');
      expect(waiting.message).toContain('there is no interface "eth1"');
    }
    await bed.cable('alpha', 'r1');
    await progressBeyond(receiving, 0.2);
    await bed.host('alpha').run('ip', ['link', 'del', 'eth1']);
    await server.waitForEvent(({ event, failure }) => event === 'network' && failure === 'ENODEV');
    let waitingCount = 0;
    await receiving.waitForEvent(({ event }) => event === 'waiting' && ++waitingCount === 2);
    await bed.cable('alpha', 'r1');
    await completed(receiving);
    expect(sha256Of(scene.path('copy'))).toBe(sha256Of(scene.path('image')));
    await nothingElsewhere('roaming');
  });

  /** Asserts that no datagram and no report of a membership has come to the bridge before those of a fleet that is served there. */
  async function nothingElsewhere(fleet: string): Promise<void> {
    const { bed } = scene;
    const groups = await groupsPlanned(fleet);
    for (const group of groups) {
      expect((await bed.port('alpha').received(group)).packets).toBe(0);
    }
    expect((await bed.port('alpha').received()).packets).toBe(0);
    const control = scene.fleet({
      fleet: 'control',
      objects: { image: { file: 'image', channels: [{ rate: '8Mbit' }] } },
    });
    const { published } = await scene.serve('alpha', control, [], ['--interface', 'eth0']);
    const [group] = published.get('image')!.channels.map((channel) => channel.group);
    scene.fetch('r1', 'control/image', 'control', ['--interface', 'eth0']);
    await bed.joined('r1', group!);
    await until('the membership on purpose is reported', async () => reports.stdout.includes(group!));
    for (const one of groups) expect(reports.stdout).not.toContain(one);
    expect((await bed.port('alpha').received()).packets).toBeGreaterThan(0);
  }

  /** The groups of a fleet's channels, and the one on which it announces. */
  async function groupsPlanned(fleet: string): Promise<readonly string[]> {
    const plan = scene.layercast('alpha', ['plan', '--config', scene.path(`${fleet}.yaml`)]);
    await plan.exited;
    return [...new Set(plan.stdout.match(/ff15:[0-9a-f:]+/g))];
  }
});
