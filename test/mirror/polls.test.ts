import { expect, it } from 'vitest';
import { pollAll } from '../../dist/mirror/polls.js';
import { HostClock } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';

const S = 1e6;

it('looks at each origin at its interval, after failures ever later', async () => {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  const times: Record<string, number[]> = { good: [], bad: [] };
  const poll = (name: string, isGood: boolean) => async () => {
    times[name]!.push(Math.round(clock.nowUs / S));
    await new Promise<void>((resolve) => clock.at(clock.nowUs + S, resolve));
    return isGood;
  };
  const polls = [
    { everyUs: 300 * S, poll: poll('good', true) },
    { everyUs: 60 * S, poll: poll('bad', false) },
  ];
  const done = pollAll(polls, new HostClock(clock), () => 0.5, stopping.signal);
  await clock.run(20_000 * S);
  const gaps = (name: string) => times[name]!.map((time, i, all) => time - (all[i - 1] ?? time)).slice(1);
  for (const gap of gaps('good')) expect(Math.abs(gap - 301)).toBeLessThan(4);
  const expected = [60, 120, 240, 480, 960, 1920, 3600, 3600];
  expect(
    gaps('bad')
      .slice(0, 8)
      .every((gap, i) => Math.abs(gap - expected[i]!) < 5),
  ).toBe(true);
  stopping.abort();
  await done;
});

it('waits for no slow origin before it looks at another, and looks at four at most at once', async () => {
  const clock = new VirtualClock();
  const stopping = new AbortController();
  let [looks, underWay, most] = [0, 0, 0];
  const after = (us: number) => new Promise<void>((resolve) => clock.at(clock.nowUs + us, resolve));
  const slow = {
    everyUs: 60 * S,
    poll: async () => {
      most = Math.max(most, ++underWay);
      await after(3000 * S);
      underWay--;
      return true;
    },
  };
  const quick = { everyUs: 60 * S, poll: async () => ++looks > 0 };
  const done = pollAll([slow, slow, slow, quick], new HostClock(clock), () => 0.5, stopping.signal);
  await clock.run(2900 * S);
  expect(looks).toBeGreaterThan(40);
  stopping.abort();
  await clock.run(4000 * S);
  await done;
  const more = new AbortController();
  const crowd = pollAll(Array(9).fill(slow), new HostClock(clock), () => 0.5, more.signal);
  await clock.run(20_000 * S);
  expect(most).toBe(4);
  more.abort();
  await clock.run(40_000 * S);
  await crowd;
});
