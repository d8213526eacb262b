import { describe, expect, it } from 'vitest';
import { LocalLoad } from '../../dist/rate/local-load.js';

function afterReadings(count: number, receivedCount: number, droppedCount: number): LocalLoad {
  const load = new LocalLoad();
  for (let i = 0; i < count; i++) load.add(receivedCount, droppedCount);
  return load;
}

describe('the load of this host', () => {
  it('is too much when more than one in a hundred is dropped for some time', () => {
    expect(afterReadings(40, 97, 3).isTooMuch).toBe(true);
    expect(afterReadings(40, 97, 3).compared.dropRatio).toBeCloseTo(0.03, 9);
    expect(afterReadings(40, 995, 5).isTooMuch).toBe(false);
  });

  it('is not too much for a few drops, nor for many long ago', () => {
    const load = afterReadings(1, 0, 9);
    expect(load.isTooMuch).toBe(false);
    const past = afterReadings(1, 0, 100);
    expect(past.isTooMuch).toBe(true);
    for (let i = 0; i < 60; i++) past.add(100, 0);
    expect(past.isTooMuch).toBe(false);
  });

  it('is forgotten when something has been done about it', () => {
    const load = afterReadings(40, 50, 50);
    load.clear();
    expect(load.isTooMuch).toBe(false);
    load.add(50, 9);
    expect(load.isTooMuch).toBe(false);
  });
});
