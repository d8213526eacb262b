import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { completed, Scene } from './scene.js';

describeBed('metrics', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  /** Status and text of a path, asked on the host itself. */
  async function asked(host: string, address: string, path: string): Promise<string> {
    const program = `fetch('http://${address}${path}').then(async (answer) => console.log(answer.status, await answer.text()))`;
    return await scene.bed.host(host).run(process.execPath, ['-e', program]);
  }

  test('of serve and fetch tell what is sent and received, on localhost only', async () => {
    scene.random('firmware.img', 1_500_000);
    const objects = { firmware: { file: 'firmware.img', channels: [{ rate: '3Mbit' }] } };
    const config = scene.fleet({ fleet: 'acme', objects, servers: { alpha: {} } });
    await scene.serve('alpha', config, [], ['--metrics', '9464']);
    const fetching = scene.fetch('r1', 'acme/firmware', 'out.img', ['--metrics', '[::1]:9465']);
    await fetching.waitForEvent('progress', { timeoutMs: 60_000 });

    const [served, health, received] = await Promise.all([
      asked('alpha', '127.0.0.1:9464', '/metrics'),
      asked('alpha', '127.0.0.1:9464', '/healthz'),
      asked('r1', '[::1]:9465', '/metrics'),
    ]);
    const channel = 'server="alpha",object="firmware",channel="0"';
    expect(served).toMatch(new RegExp(`^layercast_server_datagrams_total\\{${channel}\\} [1-9]\\d*$`, 'm'));
    expect(served).toMatch(new RegExp(`^layercast_server_channel_rate_bytes_per_second\\{${channel}\\} 375000$`, 'm'));
    expect(health).toBe('200 ok\n\n');
    const of = 'fleet="acme",object="firmware"';
    expect(received).toMatch(new RegExp(`^layercast_receiver_object_bytes\\{${of}\\} 1500000$`, 'm'));
    expect(received).toMatch(new RegExp(`^layercast_receiver_datagrams_total\\{${of},channel="0"\\} [1-9]\\d*$`, 'm'));
    expect(fetching.stderr).toContain('metrics at http://[::1]:9465/metrics');
    const listening = await scene.bed.host('alpha').run('ss', ['-Hltn']);
    expect(
      listening
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/)[3]),
    ).toEqual(['127.0.0.1:9464']);
    await completed(fetching);
  });
});
