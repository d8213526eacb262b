import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent } from '../lab/process.js';
import { eventsOf, Scene } from './scene.js';

/** Calls of the system by which anything becomes durable: after each of them, the disk says something else. */
const CALLS = 'rename,renameat,renameat2,fsync,fdatasync';
/** Each kill is a start of the agent, of about a second (LAYERCAST_KILLS=50 kills at each call). */
const killCount = Number(process.env.LAYERCAST_KILLS ?? 3);
/** Calls between two kills, so that few kills are before the reception, in it, and near its end. */
const stride = Number(process.env.LAYERCAST_KILL_STRIDE ?? (killCount > 20 ? 1 : 6));

const strace = spawnSync('strace', ['-V']).status === 0;

describeBed('an agent that is killed at the calls that make anything durable', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1']);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test.skipIf(!strace)(
    `comes to the whole version, runs its program at least once, and never has half a file under the name${strace ? '' : ' (skipped: there is no strace)'}`,
    { timeout: 240_000 },
    async () => {
      const bytes = scene.random('image', 600_000);
      const ladder = { code: 'raptorq', channels: [{ rate: '20Mbit' }] };
      const config = scene.fleet({
        fleet: 'calls',
        objects: { fw: { file: 'image', ...ladder } },
        servers: { alpha: {} },
      });
      await scene.serve('alpha', config, ['fw'], ['--host', 'alpha']);
      mkdirSync(scene.path('out'));
      const log = scene.path('runs');
      const subscribe = [
        {
          object: 'fw',
          output: 'out/fw',
          run: ['sh', '-c', `cmp "$1" ${scene.path('image')} && echo >>${log}`, 'sh', '{file}'],
        },
      ];
      writeFileSync(scene.path('agent.yaml'), JSON.stringify({ fleet: 'calls', key: 'keys/layercast.pub', subscribe }));
      const state = scene.path('agent-state');
      const start = (through: readonly string[]) => {
        const args = ['agent', '--config', scene.path('agent.yaml'), '--state', state, '--json', '--once'];
        // One thread does all calls, so that strace counts them in their order.
        return scene.bed.host('r1').layercast(args, { through, env: { UV_THREADPOOL_SIZE: '1' } });
      };
      const isApplied = ({ event, state: is }: LabEvent) => event === 'state' && is === 'applied';
      const killedIn: string[] = [];
      for (let kill = 0; kill < killCount; kill++) {
        rmSync(state, { recursive: true, force: true });
        for (const name of readdirSync(scene.path('out'))) rmSync(scene.path(`out/${name}`));
        rmSync(log, { force: true });
        const when = 1 + kill * stride;
        const inject = `inject=${CALLS}:signal=KILL:when=${when}`;
        const first = start(['strace', '-f', '-qqq', '-o', '/dev/null', '-e', `trace=${CALLS}`, '-e', inject]);
        const ended = await first.exited;
        const states = eventsOf(first, 'state');
        killedIn.push(ended.code === 0 ? 'not killed' : String(states.at(-1)?.state ?? 'start'));
        if (readdirSync(scene.path('out')).includes('fw'))
          expect(readFileSync(scene.path('out/fw')).equals(bytes)).toBe(true);
        const second = start([]);
        expect((await second.exited).code, `${second.stderr}`).toBe(0);
        // A version that was taken over is told when the agent begins.
        expect([...eventsOf(first, 'state'), ...eventsOf(second, 'state')].some(isApplied)).toBe(true);
        expect(readFileSync(scene.path('out/fw')).equals(bytes)).toBe(true);
        const runs = readFileSync(log, 'utf8').length;
        expect(runs).toBeGreaterThanOrEqual(1);
        expect(runs).toBeLessThanOrEqual(2);
        if (ended.code === 0) break;
      }
      console.log(`killed while: ${killedIn.join(', ')}`);
      expect(killedIn).toContain('receiving');
    },
  );
});
