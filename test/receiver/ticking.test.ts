import { expect, it } from 'vitest';
import { startTicking } from '../../dist/receiver/ticking.js';

it('has the network hand over what has arrived before each tick, and says by how much the tick is late', () => {
  let nowUs = 7;
  const told: (string | readonly number[])[] = [];
  const planned: { readonly atUs: number; readonly callback: () => void }[] = [];
  const clock = {
    nowUs: () => nowUs,
    wallUs: () => nowUs,
    schedule: (atUs: number, callback: () => void) => {
      planned.push({ atUs, callback });
      return () => told.push('cancelled');
    },
  };
  const readArrived = () => {
    told.push('read');
    nowUs += 500;
  };
  const stop = startTicking({ clock, network: { readArrived } }, (...times) => told.push(times));
  for (const lateUs of [0, 3000]) {
    const { atUs, callback } = planned.shift()!;
    nowUs = atUs + lateUs;
    callback();
  }
  expect(told).toEqual(['read', [50_507, 0], 'read', [103_507, 3000]]);
  expect(planned.map(({ atUs }) => atUs)).toEqual([153_007]);
  stop();
  expect(told.at(-1)).toBe('cancelled');
});
