import { describe, expect, it } from 'vitest';
import { PACKET_OVERHEAD_BYTES } from '../../../dist/base/limits.js';
import { RateController } from '../../../dist/rate/deciding/rate-controller.js';
import { LadderLevels } from '../../../dist/rate/ladder/ladder-levels.js';
import { StepPlan } from '../../../dist/rate/ladder/step-plan.js';
import { type LocalReading, NO_OTHER_PATHS, sumsOf } from '../../../dist/rate/measuring/readings.js';
import { reading } from '../readings.js';

const TICK_US = 50_000;
const AT_LEISURE: LocalReading = { unreadCount: 0, droppedCount: 0, latenessUs: 0 };

interface PathOf {
  /** @default 100 Mbit/s */
  readonly trainBitsPerSecond?: number;
  /** The least delay of each reading. @default none */
  readonly delayUs?: (nowUs: number, level: number) => number;
  /** What each channel loses between two readings, beside the five datagrams that arrive. @default none */
  readonly lostCount?: (nowUs: number, level: number) => number;
}

/** The levels of a receiver of four layers of 1 Mbit/s, and when each began. */
function levelsOn(
  seconds: number,
  localAt: (level: number) => LocalReading,
  { trainBitsPerSecond = 100e6, delayUs = () => 0, lostCount = () => 0 }: PathOf = {},
) {
  const rates = [1e6, 1e6, 1e6, 1e6];
  const plan = new StepPlan({ rates, mode: 'several', symbolBytes: 1250 - PACKET_OVERHEAD_BYTES });
  const options = { packetBits: 10_000, isLayered: true, maxRateBitsPerSecond: undefined };
  const controller = new RateController(new LadderLevels(plan, rates, options));
  const start = controller.start(0);
  const moves = [{ atS: 0, level: start.level, reason: start.reason }];
  for (let nowUs = TICK_US; nowUs <= seconds * 1e6; nowUs += TICK_US) {
    const slot = Math.floor(nowUs / 500_000);
    const marks = { receivedCount: 5, slot, stepLevel: plan.stepLevel(slot) };
    const readings = Array.from({ length: controller.level }, (_, channelIndex) =>
      reading({
        ...marks,
        channelIndex,
        minDelayUs: delayUs(nowUs, controller.level),
        lostCount: lostCount(nowUs, controller.level),
        trainBitsPerSecond: channelIndex === 0 ? trainBitsPerSecond : 0,
      }),
    );
    const move = controller.tick(nowUs, readings, localAt(controller.level), NO_OTHER_PATHS, sumsOf(readings));
    if (move !== undefined) moves.push({ atS: nowUs / 1e6, level: move.level, reason: move.reason });
  }
  return moves;
}

describe('the rate controller', () => {
  it('stays on the lowest level until the rhythm of the link is known, and then climbs one level after the other', () => {
    const moves = levelsOn(5, () => AT_LEISURE);
    expect(moves.map(({ level }) => level)).toEqual([1, 2, 3, 4]);
    const [, second, third, last] = moves.map(({ atS }) => atS);
    // Nine readings tell the rhythm.
    expect(second).toBeGreaterThanOrEqual(0.45);
    expect(second).toBeLessThan(1);
    expect(third! - second!).toBeGreaterThanOrEqual(0.3);
    expect(last! - third!).toBeGreaterThanOrEqual(0.3);
  });

  it('says capacities of a gigabit and more in Gbit/s', () => {
    const [, second] = levelsOn(2, () => AT_LEISURE, { trainBitsPerSecond: 30_720e6 });
    expect(second?.reason).toContain('measured capacity 30.7 Gbit/s');
  });

  it('waits for the rhythm of the link for a second at most', () => {
    // Delays that this host causes say nothing about the link.
    const moves = levelsOn(5, () => ({ ...AT_LEISURE, latenessUs: 30_000 }));
    expect(moves[1]).toMatchObject({ atS: 1, level: 2 });
  });

  it('stops the start for a queue of a tenth of a second only where trains show more than the ladder has', () => {
    // Each fifth of a second one reading sees no queue.
    const waitsS = (trainBitsPerSecond: number) =>
      [0, 1, 2, 3].map((turn) => {
        const delayUs = (nowUs: number, level: number) => (level < 2 || (nowUs / TICK_US) % 4 === turn ? 0 : 20_000);
        const moves = levelsOn(5, () => AT_LEISURE, { trainBitsPerSecond, delayUs });
        return moves[2]!.atS - moves[1]!.atS;
      });
    expect(Math.max(...waitsS(3.9e6))).toBeCloseTo(0.3, 9);
    expect(Math.max(...waitsS(100e6))).toBeGreaterThan(0.4);
  });

  it('gives way to other traffic that shows by waves of its queue, also while it is open what a level was left for', () => {
    const waveMs = [20, 30, 40, 50, 60, 70, 80, 60, 40, 20];
    let [hasBeenOnTop, leftUs] = [false, Number.POSITIVE_INFINITY];
    const delayUs = (nowUs: number, level: number) => {
      if (level === 4) hasBeenOnTop = true;
      else if (hasBeenOnTop) leftUs = Math.min(leftUs, nowUs);
      const readings = (nowUs - leftUs) / TICK_US - 10;
      return readings < 0 || Number.isNaN(readings) ? 0 : waveMs[readings % 10]! * 1000;
    };
    const moves = levelsOn(20, () => AT_LEISURE, { delayUs, lostCount: (_, level) => (level === 4 ? 2 : 0) });
    expect(moves.map(({ reason }) => reason)).toContainEqual(expect.stringContaining('other traffic on the path'));
  });

  it('gives way to other traffic where there are no trains, because less arrives beside its queue than did before', () => {
    const delayUs = (nowUs: number) => (nowUs < 8e6 ? 0 : 60_000);
    const moves = levelsOn(40, () => AT_LEISURE, { trainBitsPerSecond: 0, delayUs });
    expect(moves.map(({ reason }) => reason)).toContainEqual(expect.stringContaining('other traffic on the path'));
  });

  it('puts a step of the start off by a loss in the newest reading, only where trains show more than the ladder has', () => {
    /** How long the second level is kept if one datagram of each channel is lost in these readings after its join. */
    const keptS = (isLost: (readings: number) => boolean, trainBitsPerSecond = 100e6) => {
      let joinedUs: number | undefined;
      const lostCount = (nowUs: number, level: number) => {
        if (level !== 2) return 0;
        joinedUs ??= nowUs - TICK_US;
        return isLost((nowUs - joinedUs) / TICK_US) ? 1 : 0;
      };
      const moves = levelsOn(5, () => AT_LEISURE, { trainBitsPerSecond, lostCount });
      return moves[2]!.atS - moves[1]!.atS;
    };
    expect(keptS((readings) => readings === 5)).toBeCloseTo(0.3, 9);
    expect(keptS((readings) => readings === 6)).toBeCloseTo(0.35, 9);
    expect(keptS((readings) => readings === 6, 3.9e6)).toBeCloseTo(0.3, 9);
  });

  it('tries a level that this host cannot take ever more rarely, whatever trains show', () => {
    const moves = levelsOn(40, (level) => ({ ...AT_LEISURE, droppedCount: level > 3 ? 3 : 0 }));
    const triedS = moves.filter(({ level }) => level === 4).map(({ atS }) => atS);
    expect(triedS.length).toBeGreaterThan(1);
    expect(triedS.length).toBeLessThanOrEqual(6);
  });
});
