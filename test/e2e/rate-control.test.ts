import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { thirdsLevels } from '../../dist/rate/ladder/ladder.js';
import { describeBed } from '../lab/allowed.js';
import type { LabEvent, LabProcess } from '../lab/process.js';
import { completed, eventsOf, preferred, Scene } from './scene.js';

const patient = { timeoutMs: 50_000 };
const levels = thirdsLevels(400e3, 6e6);

describeBed('a receiver that finds its rate', () => {
  let scene: Scene;
  let bytes: Buffer;
  let config: string;
  beforeAll(async () => {
    scene = await Scene.lay(['alpha', 'r1', 'r2']);
    bytes = scene.random('small', 2.4e6);
    scene.random('large', 30e6);
    const ladder = { from: '400kbit', to: '6Mbit' };
    const objects = { small: { file: 'small', code: 'raptorq', ladder }, large: { file: 'large', ladder } };
    config = scene.fleet({ fleet: 'acme', announceInterval: '1s', objects });
  });
  afterEach(async () => {
    await scene.clear();
    for (const host of ['r1', 'r2']) {
      await scene.bed.port(host).unshape();
      await scene.bed.host(host).keep();
    }
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  async function serve(object: string): Promise<void> {
    await scene.serve('alpha', config, [object], [], preferred);
  }

  test('completes behind 2.35 Mbit/s, below that rate and above the lowest level', { timeout: 90_000 }, async () => {
    // The link is an eighth below the next level: real trains are off by up to a tenth, and a receiver tries a nearer level now and then.
    await scene.bed.port('r1').shape({ rateBitsPerSecond: 2.35e6, queueMs: 100 });
    await serve('small');
    const receiving = scene.fetch('r1', 'acme/small', 'behind');
    await completed(receiving, 80_000);
    expect(readFileSync(scene.path('behind')).equals(bytes)).toBe(true);
    const level = usualLevel(receiving);
    expect(level).toBeGreaterThan(levels[0]!);
    expect(level).toBeLessThanOrEqual(2.35e6);
  });

  test('goes down when its link is cut to a quarter, and not below what fits', { timeout: 60_000 }, async () => {
    await scene.bed.port('r1').shape({ rateBitsPerSecond: 4e6, queueMs: 100 });
    await serve('large');
    const receiving = scene.fetch('r1', 'acme/large', 'cut');
    const { bytes: whole } = await receiving.waitForEvent((event) => levelOf(event) > 2e6, patient);
    await scene.bed.port('r1').shape({ rateBitsPerSecond: 1e6, queueMs: 100 });
    const isAfter = ({ bytes }: LabEvent, before: unknown) => Number(bytes) > Number(before);
    const { bytes: quarter } = await receiving.waitForEvent((event) => {
      return isAfter(event, whole) && levelOf(event) > 0 && levelOf(event) <= 1e6;
    }, patient);
    const reasons = eventsOf(receiving, 'leave').map(({ reason }) => reason);
    // Besides the losses of the link, this host may drop datagrams itself at the same time.
    for (const reason of reasons) expect(reason).toMatch(/^level \d+ → \d+: .*(queue|lost|arrives|this host drops)/);
    expect(reasons).toContainEqual(expect.stringMatching(/queue|lost|arrives/));
    // The receiver copes with the smaller link: data goes on arriving.
    await receiving.waitForEvent((event) => isAfter(event, Number(quarter) + 100e3) && levelOf(event) > 0, patient);
  });

  test('is not pushed to the bottom by random loss of 3 %', { timeout: 60_000 }, async () => {
    await scene.bed.port('r2').shape({ rateBitsPerSecond: 4e6, queueMs: 100 });
    await scene.bed.host('r2').lose({ ratio: 0.03 });
    await serve('large');
    const receiving = scene.fetch('r2', 'acme/large', 'lossy');
    let reports = 0;
    await receiving.waitForEvent(({ event }) => event === 'progress' && ++reports === 12, patient);
    expect(usualLevel(receiving)).toBeGreaterThan(levels[2]!);
  });
});

/** The nominal rate of the joined channels; 0 if the event is no progress. */
function levelOf({ event, levelRateBitsPerSecond }: LabEvent): number {
  return event === 'progress' ? Number(levelRateBitsPerSecond) : 0;
}

/** The median of the levels reported in the later half, which trials of higher levels do not move. */
function usualLevel(receiving: LabProcess): number {
  const all = eventsOf(receiving, 'progress').map(levelOf);
  const later = all.slice(all.length >> 1).toSorted((a, b) => a - b);
  return later[later.length >> 1]!;
}
