import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent, LabProcess } from '../lab/process.js';
import { until } from '../lab/until.js';
import { eventsOf, failed, type ObjectText, Scene, type Server, sha256Of } from './scene.js';

const KB = 1000;
/** Fifty were measured (LAYERCAST_OBJECTS=50); twelve are more than run at once. */
const objectCount = Number(process.env.LAYERCAST_OBJECTS ?? 12);

/** A loop device; undefined where the system does not let this process make one. */
const backing = join(mkdtempSync(join(tmpdir(), 'layercast-slot-')), 'slot.img');
writeFileSync(backing, Buffer.alloc(2 ** 20));
const made = spawnSync('losetup', ['-f', '--show', backing], { encoding: 'utf8' });
const loop = made.status === 0 ? made.stdout.trim() : undefined;
afterAll(() => {
  if (loop !== undefined) spawnSync('losetup', ['-d', loop]);
  rmSync(dirname(backing), { recursive: true });
});

describeBed('an agent', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
  });
  afterEach(() => scene?.clear());
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const publish = (
    fleet: string,
    objects: Readonly<Record<string, ObjectText>>,
    more: readonly string[] = [],
  ): Promise<Server> => {
    const ladder = { channels: [{ rate: '20Mbit' }] };
    const all = Object.fromEntries(Object.entries(objects).map(([name, one]) => [name, { ...ladder, ...one }]));
    return scene.serve(
      'alpha',
      scene.fleet({ fleet, objects: all, servers: { alpha: {} } }),
      Object.keys(objects),
      more,
    );
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
    const rest = { 'maps/eu': { file: 'map' }, other: { file: 'map' } };
    await publishAnew('hooks', server, { firmware: { file: 'fw2', version: 2 }, ...rest });
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
    // SIGHUP brings new settings, unless they are wrong.
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace('"object":"firmware"', '"objekt":"firmware"'));
    agent.kill('SIGHUP');
    const warning = ({ event, code }: LabEvent) => event === 'warning' && code === 'RELOAD_FAILED';
    expect(String((await agent.waitForEvent(warning)).message)).toContain('objekt');
    // Nor do they come if only the agent that should begin with them finds what is wrong.
    writeFileSync(file, before.replace('"subscribe"', '"contentKey":"missing.key","subscribe"'));
    agent.kill('SIGHUP');
    await agent.waitForEvent((event) => warning(event) && String(event.message).includes('missing.key'));
    writeFileSync(file, before.replace('maps/*', '**'));
    agent.kill('SIGHUP');
    await agent.waitForEvent(isState('other', 'applied', 1), { timeoutMs: 20_000 });
    expect(eventsOf(agent, 'program')).toHaveLength(2);
    // A second agent with the same state directory says who has it.
    expect(await failed(startAgent(file))).toMatchObject({ exitCode: 1, code: 'FILE_IN_USE' });
    agent.kill('SIGTERM');
    expect((await agent.exited).code).toBe(143);
  });

  test('that is killed while it receives and while its program runs goes on where it was', {
    timeout: 90_000,
  }, async () => {
    const bytes = scene.random('large', 4000 * KB);
    await publish('kills', { firmware: { file: 'large' } });
    const log = scene.path('kills.log');
    const run = script('slow', `echo start >>${log}; sleep 0.5; echo end >>${log}`);
    const subscribe = [{ object: 'firmware', output: 'kills-out/firmware', run: [run] }];
    const file = agentFile('kills', { subscribe });
    const first = startAgent(file);
    await first.waitForEvent(({ event, bytes: got }) => event === 'progress' && Number(got) > 400 * KB);
    first.kill('SIGKILL');
    await first.exited;
    const second = startAgent(file);
    await second.waitForEvent('program', { timeoutMs: 30_000 });
    second.kill('SIGKILL');
    await second.exited;
    // The second life had all but what the first had received, without what no checkpoint had.
    const received = eventsOf(second, 'received')[0]!;
    expect(Number(received.resumedBytes)).toBeGreaterThan(0);
    const third = startAgent(file);
    await third.waitForEvent(isState('firmware', 'applied', 1), { timeoutMs: 20_000 });
    expect(eventsOf(third, 'received')).toEqual([]);
    expect(eventsOf(third, 'program')).toMatchObject([{ attempt: 2 }]);
    expect(readFileSync(scene.path('kills-out/firmware')).equals(bytes)).toBe(true);
  });

  test('brings many objects with one run that began before anything was announced, and says by its exit code what is left', {
    timeout: 90_000,
  }, async () => {
    const names = Array.from({ length: objectCount }, (_, i) => `maps/${i}`);
    for (const [i] of names.entries()) scene.random(`m${i}`, 5 * KB);
    const file = agentFile('many', { subscribe: [{ object: 'maps/*', output: 'many-out/{object}' }] });
    // It listens before anything is announced, as a device that boots together with the server.
    const once = startAgent(file, ['--once']);
    await once.waitForEvent('listening');
    await publish('many', Object.fromEntries(names.map((name, i) => [name, { file: `m${i}` }])));
    expect((await once.exited).code, once.stderr).toBe(0);
    for (const [i, name] of names.entries()) {
      const output = scene.path(`many-out/${encodeURIComponent(name)}`);
      expect(sha256Of(output)).toBe(sha256Of(scene.path(`m${i}`)));
    }
    // How each end becomes an exit code: test/engine/agent-outcome.test.ts.
    const subscribe = [{ object: 'maps/1', output: 'many-out/one', run: ['sh', '-c', 'exit 1'] }];
    const failing = startAgent(agentFile('many', { subscribe }), ['--once']);
    expect(await failed(failing)).toMatchObject({ exitCode: 1, code: 'PROGRAM_FAILED' });
  });

  test.skipIf(loop === undefined)(
    `overwrites a block device, and takes it over once${loop === undefined ? ' (skipped: this process may make no loop device)' : ''}`,
    { timeout: 60_000 },
    async () => {
      const image = scene.random('slot', 300 * KB);
      await publish('slots', { firmware: { file: 'slot' } });
      const subscribe = [{ object: 'firmware', output: { device: loop }, run: ['sh', '-c', `echo "$LAYERCAST_FILE"`] }];
      const agent = startAgent(agentFile('slots', { subscribe }), ['--once']);
      expect((await agent.exited).code, agent.stderr).toBe(0);
      expect(eventsOf(agent, 'output')).toMatchObject([{ line: loop }]);
      const written = execFileSync('head', ['-c', `${image.length}`, loop!], { maxBuffer: 2 ** 24 });
      expect(written.equals(image)).toBe(true);
    },
  );

  test('gives up what its server has withdrawn, says so once, and takes it up again with what it has', {
    timeout: 90_000,
  }, async () => {
    scene.random('small', 10 * KB);
    const large = scene.random('large', 1500 * KB);
    const [kept, gone] = [{ file: 'small' }, { file: 'large', channels: [{ rate: '2Mbit' }] }];
    const server = await publish('gone', { kept, gone });
    const agent = startAgent(
      agentFile('gone', { subscribe: [{ object: '*', output: 'gone-out/{object}' }], status: 'gone.json' }),
    );
    const isProgress = ({ event, object, bytes }: LabEvent) =>
      event === 'progress' && object === 'gone' && Number(bytes) > 200 * KB;
    await agent.waitForEvent(isProgress, { timeoutMs: 20_000 });
    await publishAnew('gone', server, { kept });
    await agent.waitForEvent(isState('gone', 'idle', 1), { timeoutMs: 40_000 });
    expect(existsSync(scene.path('gone-out/gone'))).toBe(false);
    await publishAnew('gone', server, { kept, gone });
    await agent.waitForEvent(isState('gone', 'applied', 1), { timeoutMs: 60_000 });
    expect(readFileSync(scene.path('gone-out/gone')).equals(large)).toBe(true);
    const codes = eventsOf(agent, 'warning').map(({ code }) => code);
    expect(codes.filter((code) => code === 'WITHDRAWN' || code === 'NO_DATA')).toEqual(['WITHDRAWN']);
    const received = eventsOf(agent, 'received').find(({ object }) => object === 'gone');
    expect(Number(received!.resumedBytes)).toBeGreaterThan(100 * KB);
    agent.kill('SIGTERM');
    expect((await agent.exited).code).toBe(143);
  });

  test('hears of new versions on an interface that was deleted and made anew, and has room again', {
    timeout: 90_000,
  }, async () => {
    scene.random('v1', 200 * KB);
    const second = scene.random('v2', 3000 * KB);
    await scene.bed.cable('alpha', 'r1');
    const server = await publish('anew', { firmware: { file: 'v1' } }, ['--host', 'alpha', '--interface', 'eth1']);
    const out = scene.path('anew-out');
    const file = agentFile('anew', { interface: 'eth1', subscribe: [{ object: 'firmware', output: 'anew-out/fw' }] });
    await scene.bed.mountSmallDisk(out, 2000 * KB);
    const agent = startAgent(file);
    await agent.waitForEvent(isState('firmware', 'applied', 1), { timeoutMs: 20_000 });
    await scene.bed.host('r1').run('ip', ['link', 'del', 'eth1']);
    await agent.waitForEvent('waiting', { timeoutMs: 20_000 });
    await scene.bed.cable('alpha', 'r1');
    await publishAnew('anew', server, { firmware: { file: 'v2', version: 2 } });
    const full = ({ event, state, message }: LabEvent) =>
      event === 'state' && state === 'announced' && /needs \d+ bytes/.test(String(message));
    expect(await agent.waitForEvent(full, { timeoutMs: 30_000 })).toMatchObject({ lwm2mResult: 2 });
    await scene.bed.host('r1').run('mount', ['-o', 'remount,size=20m', out]);
    await agent.waitForEvent(isState('firmware', 'applied', 2), { timeoutMs: 40_000 });
    // The small disk is mounted for the hosts only.
    const [found] = (await scene.bed.host('r1').run('sha256sum', [join(out, 'fw')])).split(' ');
    expect(found).toBe(createHash('sha256').update(second).digest('hex'));
  });
});
