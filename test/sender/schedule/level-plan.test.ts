import { describe, expect, it } from 'vitest';
import { independentLoss, randomFrom } from '../../../bench/schedule/random.js';
import { receive } from '../../../bench/schedule/reception.js';
import { fixed, LADDER, transmissionOf, upTo } from '../../../bench/schedule/rows.js';
import { ringOf, streamsOf, type Transmission } from '../../../bench/schedule/transmission.js';
import { geometryOf } from '../../../dist/object/geometry.js';
import { carouselOverhead } from '../../../dist/sender/schedule/carousel-cover.js';
import { completionSeconds, forecastLevel } from '../../../dist/sender/schedule/level-plan.js';

const LADDERS = { one: [10e6], three: [1e6, 1e6, 1e6], thirds: LADDER } as const;

/** The mean overhead, in simulation, of receivers that begin at random moments. All servers began at one moment. */
function simulated(transmission: Transmission, lossRatio: number, runCount: number): number {
  const levels = fixed(upTo(transmission.intervalsUs.length - 1));
  let sum = 0;
  for (let seed = 0; seed < runCount; seed++) {
    sum += receive(transmission, levels, (random) => independentLoss(lossRatio, random), lossRatio, seed).overhead;
  }
  return sum / runCount;
}

describe('the forecast of a coded level', () => {
  it.each([
    ['one', 0.1, 1],
    ['one', 0.2, 1],
    ['thirds', 0, 1],
    ['thirds', 0.05, 1],
    ['thirds', 0.1, 4],
  ] as const)('of %s at a loss ratio of %f from %i servers is what simulation says', (name, lossRatio, serverCount) => {
    const clockErrorsUs = Array.from({ length: serverCount }, () => 0);
    const transmission = transmissionOf({ rates: LADDERS[name], mode: 'several', clockErrorsUs }, 60e6, 'raptorq');
    const { arcs } = ringOf(transmission);
    const streams = arcs.flatMap((channels) =>
      channels.map((arc, channel) => ({ arc, rate: LADDERS[name][channel]!, startRatio: 0 })),
    );
    const [overhead] = forecastLevel(transmission.geometry, streams, [lossRatio]).overheads;
    expect(Math.abs(overhead! - simulated(transmission, lossRatio, 20))).toBeLessThan(0.002);
  });

  it('gives the loss ratio at which the first channel reaches the end of its arc', () => {
    const geometry = geometryOf(1000 * 100, 100, 1);
    const arc = { firstEsi: 0, symbolCount: 8000 };
    const alone = forecastLevel(geometry, [{ arc, rate: 1, startRatio: 0 }], []);
    expect(alone.maxLossRatio).toBeCloseTo(7 / 8, 4);
    const shared = forecastLevel(
      geometry,
      [
        { arc, rate: 3, startRatio: 0 },
        { arc: { firstEsi: 8000, symbolCount: 500 }, rate: 1, startRatio: 0 },
      ],
      [],
    );
    expect(shared.maxLossRatio).toBeCloseTo(1 / 2, 4);
  });
});

describe('the forecast of a level with source symbols in stretches', () => {
  it('gives a loss of one half for the first channel alone, and more at levels that need less of it', () => {
    const geometry = geometryOf(1000 * 100, 100, 1);
    const stretched = { firstEsi: 0, symbolCount: 8000, stretchSymbolCount: 1000 };
    const alone = forecastLevel(geometry, [{ arc: stretched, rate: 1, startRatio: 0 }], []);
    expect(alone.maxLossRatio).toBeCloseTo(1 / 2, 4);
    const second = { arc: { firstEsi: 8000, symbolCount: 4000 }, rate: 1, startRatio: 0 };
    const both = forecastLevel(geometry, [{ arc: stretched, rate: 1, startRatio: 0 }, second], []);
    expect(both.maxLossRatio).toBeCloseTo(3 / 4, 4);
  });
});

describe('the forecast of carousels without a code', () => {
  it('agrees with cases that can be computed by hand', () => {
    const at = (...starts: number[]) =>
      carouselOverhead(
        starts.map((startRatio) => ({ startRatio, rate: 5 })),
        1000,
        0,
      );
    expect(at(0.3)).toBeCloseTo(0, 2);
    expect(at(0, 0.5)).toBeCloseTo(0, 2);
    expect(at(0.2, 0.2)).toBeCloseTo(1, 2);
    // A receiver waits for the largest gap: three quarters of a round, at twice the rate.
    expect(at(0, 0.25)).toBeCloseTo(0.5, 2);
  });

  it.each([
    ['one', 0.05],
    ['three', 0],
    ['three', 0.05],
    ['thirds', 0],
    ['thirds', 0.1],
  ] as const)('of %s at a loss ratio of %f is what simulation says', (name, lossRatio) => {
    const transmission = transmissionOf(
      { rates: LADDERS[name], mode: 'several', clockErrorsUs: [0] },
      name === 'thirds' ? 3e6 : 10e6,
      'none',
    );
    const golden = (Math.sqrt(5) - 1) / 2;
    const streams = LADDERS[name].map((rate, channel) => ({ rate, startRatio: (channel * golden) % 1 }));
    const forecast = 1 + carouselOverhead(streams, transmission.geometry.symbolCount, lossRatio);
    expect(Math.abs(forecast / (1 + simulated(transmission, lossRatio, 60)) - 1)).toBeLessThan(0.1);
  });

  it('of an empty object is zero', () => {
    const geometry = geometryOf(0, 1184, 0);
    const streams = [{ arc: undefined, rate: 1, startRatio: 0 }];
    expect(forecastLevel(geometry, streams, [0, 0.1])).toEqual({ overheads: [0, 0], maxLossRatio: undefined });
    expect(completionSeconds(geometry, 1e6, 0, 0)).toBe(0);
  });
});

describe('the simulated streams', () => {
  it('do not depend on when a receiver joins', () => {
    const transmission = transmissionOf({ rates: LADDER, mode: 'several', clockErrorsUs: [0, 5e6] }, 60e6, 'raptorq');
    const streams = () => streamsOf(transmission, 1.7e15, [0, 0], randomFrom(1));
    const [whole, late] = [streams()[5]!, streams()[5]!];
    whole.join(0);
    while (whole.nextUs < 3e6) if (whole.departs()) whole.order.advance();
    late.join(whole.nextUs);
    expect(late.nextUs).toBeCloseTo(whole.nextUs, 3);
    expect([late.order.block, late.order.esi]).toEqual([whole.order.block, whole.order.esi]);
  });
});
