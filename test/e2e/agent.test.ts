import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent, LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';
import { failed, type ObjectText, Scene, type Server, sha256Of } from './scene.js';

const KB = 1000;

describeBed('an agent', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
  });
  afterEach(() => scene?.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const publish = (fleet: string, objects: Readonly<Record<string, ObjectText>>): Promise<Server> => {
    const ladder = { channels: [{ rate: '20Mbit' }] };
    const all = Object.fromEntries(Object.entries(objects).map(([name, one]) => [name, { ...ladder, ...one }]));
    return scene.serve('alpha', scene.fleet({ fleet, objects: all, servers: { alpha: {} } }), Object.keys(objects));
  };

  /** Publishes again, with what the fleet file says now. */
  const publishAnew = async (fleet: string, server: Server, objects: Readonly<Record<string, ObjectText>>) => {
    const ladder = { channels: [{ rate: '20Mbit' }] };
    const all = Object.fromEntries(Object.entries(objects).map(([name, one]) => [name, { ...ladder, ...one }]));
    scene.fleet({ fleet, objects: all, servers: { alpha: {} } });
    server.process.kill('SIGHUP');
  };

  const agentFile = (name: string, settings: Readonly<Record<string, unknown>>) => {
    const path = scene.path(`${name}.agent.yaml`);
    mkdirSync(scene.path(`${name}-out`), { recursive: true });
    writeFileSync(path, JSON.stringify({ fleet: name, key: 'keys/layercast.pub', ...settings }));
    return path;
  };

  const startAgent = (file: string, more: readonly string[] = []): LabProcess =>
    scene.layercast('r1', ['agent', '--config', file, '--json', ...more]);

  const script = (name: string, text: string) => {
    const path = scene.path(name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  const isState = (object: string, state: string, version: number) => (event: LabEvent) =>
    event.event === 'state' && event.object === object && event.state === state && event.version === version;

  test('brings each new version of all objects that fit, and has a program take it over', {
    timeout: 60_000,
  }, async () => {
    scene.random('fw1', 300 * KB);
    const second = scene.random('fw2', 300 * KB);
    const map = scene.random('map', 50 * KB);
    const server = await publish('hooks', {
      firmware: { file: 'fw1' },
      'maps/eu': { file: 'map' },
      other: { file: 'map' },
    });
    const log = scene.path('hooks.log');
    // The first attempt asks for another one.
    const run = script(
      'take-over',
      `cat >>${log}; cp "$1" ${scene.path('taken')}
       echo "env $LAYERCAST_OBJECT $LAYERCAST_VERSION after <$LAYERCAST_PREVIOUS_VERSION> $LAYERCAST_SHA256" >>${log}`,
    );
    const file = agentFile('hooks', {
      subscribe: [
        { object: 'firmware', output: 'hooks-out/firmware', run: [run, '{file}'] },
        { object: 'maps/*', output: 'hooks-out/{object}' },
      ],
      status: 'hooks.json',
    });
    const agent = startAgent(file);
    await agent.waitForEvent(isState('firmware', 'applied', 1), { timeoutMs: 20_000 });
    await agent.waitForEvent(isState('maps/eu', 'applied', 1), { timeoutMs: 20_000 });
    expect(readFileSync(scene.path('hooks-out/maps%2Feu')).equals(map)).toBe(true);
    expect(existsSync(scene.path('hooks-out/other'))).toBe(false);
    await publishAnew('hooks', server, { firmware: { file: 'fw2', version: 2 }, 'maps/eu': { file: 'map' } });
    await agent.waitForEvent(isState('firmware', 'applied', 2), { timeoutMs: 20_000 });
    expect(readFileSync(scene.path('taken')).equals(second)).toBe(true);
    const said = readFileSync(log, 'utf8').trim().split('\n');
    const sha = sha256Of(scene.path('fw2'));
    expect(said.filter((line) => line.startsWith('env')).at(-1)).toBe(`env firmware 2 after <1> ${sha}`);
    expect(JSON.parse(said.find((line) => line.startsWith('{'))!)).toMatchObject({
      object: 'firmware',
      version: 1,
      size: 300 * KB,
    });
    const readStatus = () => JSON.parse(readFileSync(scene.path('hooks.json'), 'utf8'));
    await until('the status file is written', async () => readStatus().objects[0].appliedVersion === 2);
    const status = readStatus();
    expect(status.objects).toMatchObject([
      { object: 'firmware', version: 2, state: 'applied', lwm2mState: 0, lwm2mResult: 1 },
      { object: 'maps/eu', version: 1, state: 'applied' },
    ]);
    // A second agent with the same state directory says who has it.
    expect(await failed(startAgent(file))).toMatchObject({ exitCode: 1, code: 'FILE_IN_USE' });
    agent.kill('SIGTERM');
    expect((await agent.exited).code).toBe(143);
  });
});
