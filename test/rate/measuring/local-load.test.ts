import { describe, expect, it } from 'vitest';
import { LocalLoad } from '../../../dist/rate/measuring/local-load.js';

function afterReadings(count: number, receivedCount: number, droppedCount: number): LocalLoad {
  const load = new LocalLoad();
  for (let i = 0; i < count; i++) load.add(0, receivedCount, droppedCount);
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
    for (let i = 0; i < 60; i++) past.add(0, 100, 0);
    expect(past.isTooMuch).toBe(false);
  });

  it('is forgotten when a level has been left for it, and looked at anew once that leave has worked', () => {
    const load = afterReadings(40, 50, 50);
    load.failed(1e6, 3, 2e6);
    expect(load.isTooMuch).toBe(false);
    load.add(2.9e6, 50, 50);
    expect(load.isTooMuch).toBe(false);
    load.add(3e6, 50, 50);
    expect(load.isTooMuch).toBe(true);
  });

  it('keeps a level and those above from being joined, twice as long each time that it fails again', () => {
    const load = new LocalLoad();
    expect(load.mostLevel(0)).toBe(Number.POSITIVE_INFINITY);
    let nowUs = 0;
    for (const seconds of [4, 8, 16, 32, 64, 128, 128]) {
      load.failed(nowUs, 3, 0);
      expect(load.mostLevel(nowUs + seconds * 1e6 - 1)).toBe(2);
      nowUs += seconds * 1e6;
      expect(load.mostLevel(nowUs)).toBe(Number.POSITIVE_INFINITY);
      nowUs += 5e6;
    }
    load.failed(nowUs + 60e6, 3, 0);
    expect(load.mostLevel(nowUs + 63.9e6)).toBe(2);
    expect(load.mostLevel(nowUs + 64e6)).toBe(Number.POSITIVE_INFINITY);
  });

  it('waits no longer for a lower level that fails for the first time, and never keeps the lowest away', () => {
    const load = new LocalLoad();
    load.failed(0, 5, 0);
    load.failed(1e6, 2, 0);
    expect(load.mostLevel(4.9e6)).toBe(1);
    expect(load.mostLevel(5e6)).toBe(Number.POSITIVE_INFINITY);
    load.failed(5e6, 1, 0);
    expect(load.mostLevel(5e6)).toBe(1);
  });
});
