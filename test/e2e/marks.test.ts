import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StepPlan } from '../../dist/rate/ladder/step-plan.js';
import { Flag } from '../../dist/wire/header.js';
import { describeBed } from '../lab/allowed.js';
import { groupsOf, preferred, Scene } from './scene.js';

const ear = fileURLToPath(new URL('peers/marks.mjs', import.meta.url));
/** Levels of 2, 4, 6 and 8 Mbit/s, whose steps are permitted every 2, 4, 4 and 4 s. */
const rates = [2e6, 2e6, 2e6, 2e6];

interface Heard {
  readonly serverIndex: number;
  readonly channelIndex: number;
  readonly flags: number;
  readonly stepLevel: number;
  readonly slot: number;
  readonly sequence: number;
  readonly sendTimeUs: number;
}

describeBed('the marks on the wire', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'beta', 'r1']);
    scene.random('image', 1e6);
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  test('follow from slot and ladder at every server, and trains come whole', { timeout: 60_000 }, async () => {
    const channels = rates.map((rate) => ({ rate: `${rate}bit` }));
    const servers = { alpha: {}, beta: {} };
    const config = scene.fleet({
      fleet: 'marked',
      port: 4242,
      servers,
      objects: { image: { file: 'image', channels } },
    });
    const server = await scene.serve('alpha', config, [], ['--host', 'alpha'], preferred);
    await scene.serve('beta', config, [], ['--host', 'beta'], preferred);
    const asked = JSON.stringify({ groups: groupsOf(server, 'image'), port: 4242, seconds: 6 });
    const listening = scene.bed.host('r1').spawn(process.execPath, [ear, asked]);
    const heard = (await listening.waitForEvent('heard', { timeoutMs: 30_000 })).heard as readonly Heard[];
    const plan = new StepPlan({ rates, mode: 'several', symbolBytes: 1184 });
    expect(heard.filter(({ slot, stepLevel }) => stepLevel !== plan.stepLevel(slot))).toEqual([]);
    expect(new Set(heard.map(({ stepLevel }) => stepLevel)).size).toBeGreaterThan(1);
    const previews = heard.filter(({ flags }) => flags === Flag.preview);
    expect(new Set(previews.map(({ channelIndex }) => channelIndex))).toEqual(new Set([0, 1, 2]));
    expect(previews.filter(({ channelIndex, stepLevel }) => channelIndex + 1 >= stepLevel)).toEqual([]);
    for (const serverIndex of [0, 1]) {
      const trained = heard.filter((one) => one.serverIndex === serverIndex && (one.flags & Flag.train) !== 0);
      expect(new Set(trained.map(({ channelIndex }) => channelIndex))).toEqual(new Set([0]));
      const trains = [...new Set(trained.map(({ slot }) => slot))].map((slot) =>
        trained.filter((one) => one.slot === slot),
      );
      expect(trains.length).toBeGreaterThan(6);
      for (const train of trains.slice(1, -1)) {
        expect(train.map(({ sequence }) => sequence - train[0]!.sequence)).toEqual(train.map((_, i) => i));
        expect(new Set(train.map(({ sendTimeUs }) => sendTimeUs)).size).toBe(1);
        expect(train).toHaveLength(plan.trainLength);
      }
    }
  });
});
