import { describe, expect, it } from 'vitest';
import { PACKET_OVERHEAD_BYTES } from '../../dist/base/limits.js';
import { RateController } from '../../dist/rate/deciding/rate-controller.js';
import { LadderLevels } from '../../dist/rate/ladder/ladder-levels.js';
import { StepPlan } from '../../dist/rate/ladder/step-plan.js';
import { NO_OTHER_PATHS, sumsOf } from '../../dist/rate/measuring/readings.js';
import { CAUTIONS, type Caution, RULES, rulesFor } from '../../dist/rate/rules.js';
import { reading } from './readings.js';

const TICK_US = 50_000;
const NOTHING_LOCAL = { unreadCount: 0, droppedCount: 0, latenessUs: 0 };

/** When a receiver of six layers of 1 Mbit/s came to the highest level, on a path that trains pass at 100 Mbit/s. */
function topReachedS(caution: Caution): number {
  const rates = Array.from({ length: 6 }, () => 1e6);
  const plan = new StepPlan({ rates, mode: 'several', symbolBytes: 1250 - PACKET_OVERHEAD_BYTES });
  const options = { packetBits: 10_000, isLayered: true, maxRateBitsPerSecond: undefined };
  const controller = new RateController(new LadderLevels(plan, rates, options), rulesFor(caution));
  controller.start(0);
  for (let nowUs = TICK_US; nowUs <= 20e6; nowUs += TICK_US) {
    const slot = Math.floor(nowUs / 500_000);
    const marks = { receivedCount: 5, slot, stepLevel: plan.stepLevel(slot) };
    const readings = Array.from({ length: controller.level }, (_, channelIndex) =>
      reading({ ...marks, channelIndex, trainBitsPerSecond: channelIndex === 0 ? 100e6 : 0 }),
    );
    controller.tick(nowUs, readings, NOTHING_LOCAL, NO_OTHER_PATHS, sumsOf(readings));
    if (controller.level === rates.length) return nowUs / 1e6;
  }
  return Number.POSITIVE_INFINITY;
}

describe('caution', () => {
  it('is normal by default, with the rules that every figure is measured with', () => {
    expect([rulesFor(undefined), rulesFor('normal')]).toEqual([RULES, RULES]);
  });

  it('changes rules in either direction, and leaves out none', () => {
    for (const caution of CAUTIONS) {
      const groups = Object.entries(rulesFor(caution));
      expect(groups.map(([name, group]) => [name, Object.keys(group)])).toEqual(
        Object.entries(RULES).map(([name, group]) => [name, Object.keys(group)]),
      );
    }
    expect(rulesFor('low')).not.toEqual(RULES);
    expect(rulesFor('high')).not.toEqual(RULES);
  });

  it('keeps each level for 0.6 s where trains show more than the ladder has, if it is high', () => {
    const [normalS, highS] = [topReachedS('normal'), topReachedS('high')];
    expect(normalS).toBeLessThan(3);
    // Four levels above the second are each joined 0.3 s later.
    expect(highS - normalS).toBeGreaterThanOrEqual(1.1);
    expect(highS).toBeLessThan(5);
  });
});
