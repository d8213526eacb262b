import { expect, it, onTestFinished } from 'vitest';
import type { SenderWarningEvent } from '../../dist/publish/events.js';
import type { ServedObject } from '../../dist/publish/served-object.js';
import { ServerWatch } from '../../dist/publish/server-watch.js';
import { Warnings } from '../../dist/publish/warnings/warnings.js';
import { HandClock } from './served-rig.js';

it('renews the records of a thousand objects in time, though each record is valid for only 12 s', async () => {
  const lifeS = 12;
  const clock = new HandClock();
  const nowS = () => Math.floor(clock.wallUs() / 1e6);
  const dates = Array.from({ length: 1000 }, () => ({ createdS: nowS(), expiresS: nowS() + lifeS }));
  const objects = dates.map((descriptor) => ({
    isIdle: false,
    onAir: { prepared: { descriptor } },
    check: async () => undefined,
    renew: async () => Object.assign(descriptor, { createdS: nowS(), expiresS: nowS() + lifeS }),
  }));
  const watch = new ServerWatch(clock, new Warnings(() => undefined), {
    objects: () => objects as unknown as readonly ServedObject[],
    hasKey: () => true,
    isApplying: () => false,
    onIdle: () => undefined,
    counted: () => ({ sentCount: 0, skippedCount: 0 }),
    prove: () => undefined,
  });
  onTestFinished(() => watch.stop());
  watch.start();
  for (let second = 0; second < 60; second++) {
    await clock.pass(1);
    expect(dates.filter(({ expiresS }) => expiresS <= nowS()).length).toBe(0);
  }
});

it('warns once that a server sends less than its rates ask for, and says how much', async () => {
  const clock = new HandClock();
  const told: SenderWarningEvent[] = [];
  let seconds = 0;
  const watch = new ServerWatch(clock, new Warnings((event) => told.push(event)), {
    objects: () => [],
    hasKey: () => true,
    isApplying: () => true,
    onIdle: () => undefined,
    counted: () => ({ sentCount: 80 * seconds, skippedCount: 20 * seconds }),
    prove: () => undefined,
  });
  onTestFinished(() => watch.stop());
  watch.start();
  for (; seconds < 60; seconds++) await clock.pass(1);
  expect(told).toEqual([
    { code: 'SENDS_LESS', message: expect.stringContaining('sends 80 % of'), hint: expect.stringContaining('plan') },
  ]);
});
