import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import { until } from '../lab/until.js';
import { progressBeyond, Scene, sha256Of } from './scene.js';

describeBed('a gateway', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'gate', 'client']);
  });
  afterEach(() => scene.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  /** curl on the client's host, which has no multicast of this fleet. */
  const curl = async (...args: readonly string[]) => {
    const process = scene.bed.host('client').spawn('curl', ['-sS', '--max-time', '60', ...args]);
    const { code } = await process.exited;
    return { code, stdout: process.stdout, stderr: process.stderr };
  };

  test('serves to curl what is proven while the rest arrives, and then each version whole', {
    timeout: 90_000,
  }, async () => {
    const fleet = (version: number) => {
      scene.random('image', 600_000);
      const object = { file: 'image', version, channels: [{ rate: '2Mbit', offset: '0%' }] };
      return scene.fleet({ fleet: 'g', blockSymbols: 25, interface: 'eth0', objects: { image: object } });
    };
    const server = await scene.serve('alpha', fleet(1));
    const first = readFileSync(scene.path('image'));
    const { address } = scene.bed.host('gate');
    const settings = {
      fleet: 'g',
      key: scene.publicKey,
      objects: ['**'],
      folder: 'kept',
      listen: `[${address}]:8080`,
      waitFor: '20s',
    };
    writeFileSync(scene.path('gateway.yaml'), JSON.stringify(settings));
    const gateway = scene.layercast('gate', ['gateway', '--config', scene.path('gateway.yaml'), '--json']);
    const url = `http://[${address}]:8080/objects/image`;
    await progressBeyond(gateway, 0.1);
    const listed = JSON.parse((await curl(url.replace('/image', ''))).stdout).objects[0].versions[0];
    expect(listed).toMatchObject({ version: 1, bytes: 600_000 });
    expect(listed.provenBytes).toBeGreaterThan(0);
    expect(listed.provenBytes).toBeLessThan(600_000);
    // A download that begins now, and one that is cut and continued.
    const [early, cut] = [scene.path('early'), scene.path('cut')];
    const whole = curl('-f', '-o', early, url);
    expect((await curl('-f', '-r', '0-9999', '-o', cut, url)).code).toBe(0);
    expect(readFileSync(cut).equals(first.subarray(0, 10_000))).toBe(true);
    expect((await curl('-f', '-C', '-', '-o', cut, url)).code).toBe(0);
    expect((await whole).code).toBe(0);
    for (const path of [early, cut]) expect(readFileSync(path).equals(first)).toBe(true);
    const tag = `"sha256-${sha256Of(early)}"`;
    const isServed = async (version: number) => (await curl('-f', '-o', '/dev/null', `${url}/${version}`)).code === 0;
    await until('version 1 is a file', async () => existsSync(scene.path('kept/image')));
    fleet(2);
    server.process.kill('SIGHUP');
    await gateway.waitForEvent((event) => event.event === 'state' && event.version === 2 && event.path !== undefined, {
      timeoutMs: 60_000,
    });
    await until('version 2 is served, and version 1 is not', async () => (await isServed(2)) && !(await isServed(1)));
    // Who continues the former version and says so is refused, and nothing is mixed.
    truncateSync(cut, 300_000);
    const refused = await curl('-f', '-C', '-', '-H', `If-Match: ${tag}`, '-o', cut, url);
    expect([refused.code, refused.stderr]).toEqual([22, expect.stringContaining('412')]);
    expect(statSync(cut).size).toBe(300_000);
    expect((await curl('-f', '-o', early, url)).code).toBe(0);
    expect(readFileSync(early).equals(readFileSync(scene.path('image')))).toBe(true);
  });
});
