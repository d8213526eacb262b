import { describe, expect, it } from 'vitest';
import { DeafPeriod } from '../../../dist/rate/deciding/deaf-period.js';
import { PathHistory } from '../../../dist/rate/measuring/path-history.js';
import { sumsOf } from '../../../dist/rate/measuring/readings.js';
import { reading } from '../readings.js';

/** Read in time. */
const AT_LEISURE = { unreadCount: 0, droppedCount: 0, latenessUs: 0 };

const TICK_US = 50_000;
const MLD_US = 2_200_000;

/** 100 datagrams in a tick. */
const PACKET_US = TICK_US / 100;

const CALM = {
  level: 1,
  levels: { packetUs: () => PACKET_US },
  emptyUs: 4000,
  serviceUs: 1000,
  joinTimes: { roundTripUs: 100_000 },
  ambient: { ratio: 0 },
  link: { leastShareBitsPerSecond: undefined, hasLied: false, isBreathing: () => false },
  rhythm: { periodUs: 0 },
};

interface Moment {
  /** Nothing comes. */
  readonly isSilent?: boolean;
  readonly queueUs?: number;
  readonly lossRatio?: number;
}

/** How long a receiver stays deaf after a leave, on a path on which this comes `afterUs` later; undefined after a minute. */
function deafFor(
  deafPeriod: DeafPeriod,
  pathAt: (afterUs: number) => Moment,
  {
    ambientLossRatio = 0,
    isPoliced = false,
    isOverload = true,
  }: { ambientLossRatio?: number; isPoliced?: boolean; isOverload?: boolean } = {},
): number | undefined {
  const history = new PathHistory();
  const leftUs = 1e9;
  for (let nowUs = leftUs - 1e6; nowUs < leftUs + 60e6; nowUs += TICK_US) {
    if (nowUs === leftUs) deafPeriod.begin(isOverload ? 2e6 : undefined, isPoliced);
    const moment: Moment = nowUs < leftUs - 900_000 ? {} : pathAt(nowUs - leftUs);
    const { isSilent = false, queueUs = 0, lossRatio = 0 } = moment;
    const came = reading({ receivedCount: 100 * (1 - lossRatio), lostCount: 100 * lossRatio, minDelayUs: queueUs });
    history.add(nowUs, sumsOf(isSilent ? [] : [came]), AT_LEISURE);
    const path = { ...CALM, nowUs, changedUs: leftUs, history, ambient: { ratio: ambientLossRatio } };
    if (nowUs > leftUs && deafPeriod.checkEnd(path)) return nowUs - leftUs;
  }
  return undefined;
}

describe('the deaf period after a leave', () => {
  it('ends when the queue drains, and learns how long leaves take', () => {
    const deafPeriod = new DeafPeriod();
    const falling = (latencyUs: number) => (afterUs: number) => ({ queueUs: afterUs < latencyUs ? 150_000 : 40_000 });
    expect(deafPeriod.latencyUs).toBe(MLD_US);
    const first = deafFor(deafPeriod, falling(400_000))!;
    expect(first).toBeGreaterThanOrEqual(400_000);
    expect(first).toBeLessThan(700_000);
    // The longest of the last four: one queue that fell sooner is not believed yet.
    expect(deafPeriod.latencyUs).toBe(MLD_US);
    for (let i = 0; i < 3; i++) deafFor(deafPeriod, falling(400_000));
    expect(deafPeriod.latencyUs).toBe(1.25 * first);
    const last = deafFor(deafPeriod, falling(650_000))!;
    expect(deafPeriod.latencyUs).toBe(1.25 * last);
    deafFor(deafPeriod, falling(400_000));
    expect(deafPeriod.latencyUs).toBe(1.25 * last);
  });

  it('lasts while packets are lost or a queue stands, but no longer than leaves take to work', () => {
    for (const pathAt of [() => ({ lossRatio: 0.2 }), () => ({ queueUs: 200_000 })]) {
      const deafPeriod = new DeafPeriod();
      const lasted = deafFor(deafPeriod, pathAt)!;
      expect(lasted).toBeGreaterThanOrEqual(MLD_US);
      expect(lasted).toBeLessThan(MLD_US + 1_500_000);
      // What has outlived the leave may have been the leave's own slowness.
      expect(deafPeriod.latencyUs).toBe(1.5 * MLD_US);
    }
  });

  it('lasts until something arrives if nothing arrives meanwhile, and learns nothing from that', () => {
    const deafPeriod = new DeafPeriod();
    for (let i = 0; i < 5; i++) {
      // One replicated channel is left for another, which is joined when the leave should have worked.
      const lasted = deafFor(deafPeriod, (afterUs) => ({
        isSilent: afterUs > 0 && afterUs < 2.4e6,
        queueUs: afterUs <= 0 ? 3e4 : 0,
      }));
      expect(lasted).toBe(2.4e6);
      expect(deafPeriod.latencyUs).toBe(MLD_US);
    }
    expect(deafFor(deafPeriod, (afterUs) => ({ isSilent: afterUs > 0, queueUs: 3e4 }))).toBe(10e6);
  });

  it('learns nothing where no overload of the path was the reason to leave: it is clear at once, however long leaves take', () => {
    const deafPeriod = new DeafPeriod();
    for (let i = 0; i < 5; i++) expect(deafFor(deafPeriod, () => ({}), { isOverload: false })).toBe(150_000);
    expect(deafPeriod.latencyUs).toBe(MLD_US);
    expect(deafFor(deafPeriod, () => ({ lossRatio: 0.2 }), { isOverload: false })).toBeGreaterThan(MLD_US);
    expect(deafPeriod.latencyUs).toBe(MLD_US);
  });

  it('does not wait because of ambient loss', () => {
    const lasted = deafFor(new DeafPeriod(), () => ({ lossRatio: 0.05 }), { ambientLossRatio: 0.05 });
    expect(lasted).toBeLessThan(300_000);
  });

  describe('for losses without a queue', () => {
    const policed = (deafPeriod: DeafPeriod, pathAt: (afterUs: number) => Moment) =>
      deafFor(deafPeriod, pathAt, { isPoliced: true });

    it('ends only after a second without loss', () => {
      expect(policed(new DeafPeriod(), () => ({}))).toBe(1e6);
      for (const workedUs of [200_000, 600_000, 900_000]) {
        const lasted = policed(new DeafPeriod(), (afterUs) => ({ lossRatio: afterUs < workedUs ? 0.3 : 0 }))!;
        // Two per cent of a second may still be left in it.
        expect(lasted).toBeGreaterThan(workedUs + 0.85e6);
        expect(lasted).toBeLessThanOrEqual(workedUs + 1e6);
      }
    });

    it('does not end between losses that come in turns, as long as leaves take to work and a second', () => {
      const inTurns = (afterUs: number) => ({
        lossRatio: afterUs < 1.5e6 && Math.floor(afterUs / 50_000) % 6 === 0 ? 0.5 : 0,
      });
      // With a queue it would end with the first reading that lost nothing for a while.
      expect(deafFor(new DeafPeriod(), inTurns)!).toBeLessThan(500_000);
      expect(policed(new DeafPeriod(), inTurns)!).toBeGreaterThan(2.1e6);
      const lasted = policed(new DeafPeriod(), () => ({ lossRatio: 0.3 }))!;
      expect(lasted).toBeGreaterThanOrEqual(MLD_US);
      expect(lasted).toBeLessThan(MLD_US + 1_500_000);
    });

    it('does not take silence for a second without loss: losses show only when something arrives after them', () => {
      // All of it is lost for 1.6 s, and the first datagram after that shows it.
      const lasted = policed(new DeafPeriod(), (afterUs) => ({ isSilent: afterUs > 50_000 && afterUs < 1.6e6 }))!;
      expect(lasted).toBeGreaterThanOrEqual(1.6e6 + 0.4e6);
      expect(lasted).toBeLessThanOrEqual(1.6e6 + 0.6e6);
    });

    it('ends sooner if a queue appears and drains', () => {
      const lasted = policed(new DeafPeriod(), (afterUs) => ({ queueUs: afterUs < 400_000 ? 150_000 : 0 }))!;
      expect(lasted).toBeGreaterThanOrEqual(400_000);
      expect(lasted).toBeLessThan(700_000);
    });

    it('learns from the last loss how long leaves take, not from the second that it waited after that', () => {
      const deafPeriod = new DeafPeriod();
      const lossy = (afterUs: number) => ({ lossRatio: afterUs <= 400_000 ? 0.3 : 0 });
      for (let i = 0; i < 4; i++) policed(deafPeriod, lossy);
      expect(deafPeriod.latencyUs).toBe(1.25 * 400_000);
    });

    it('ends only after a second also where leaves are known to be short, and learns nothing longer from that', () => {
      const deafPeriod = new DeafPeriod();
      for (let i = 0; i < 4; i++) deafFor(deafPeriod, () => ({}));
      expect(deafPeriod.latencyUs).toBeLessThan(200_000);
      for (let i = 0; i < 4; i++) expect(policed(deafPeriod, () => ({}))).toBe(1e6);
      expect(deafPeriod.latencyUs).toBe(100_000);
    });
  });

  describe('estimates what the path carries', () => {
    /** What is known half a second after a leave of 1 of 3 Mbit/s, where so much of what is kept is lost. */
    function carriedAfter(
      lossRatio: number,
      given: { afterUs?: number; ambientLossRatio?: number; onWire?: number } = {},
    ) {
      const { afterUs = 500_000, ambientLossRatio = 0 } = given;
      const history = new PathHistory();
      const deafPeriod = new DeafPeriod();
      const leftUs = 1e9;
      deafPeriod.begin('onWire' in given ? given.onWire : 3e6);
      for (let nowUs = leftUs - 1e6; nowUs <= leftUs + afterUs; nowUs += TICK_US) {
        history.add(
          nowUs,
          sumsOf([reading({ receivedCount: 100 * (1 - lossRatio), lostCount: 100 * lossRatio })]),
          AT_LEISURE,
        );
        if (nowUs <= leftUs) continue;
        deafPeriod.measure({ ...CALM, nowUs, changedUs: leftUs, history, ambient: { ratio: ambientLossRatio } });
      }
      return deafPeriod.carriedBitsPerSecond;
    }

    it('from the share of what is kept that arrives, as long as the leave has not worked', () => {
      expect(carriedAfter(0.4)).toBeCloseTo(0.6 * 3e6, 0);
      expect(carriedAfter(0.4, { ambientLossRatio: 0.2 })).toBeCloseTo((0.6 * 3e6) / 0.8, 0);
    });

    it('not where little is lost, nor too soon, nor while another path leaves, nor from the leave before', () => {
      expect([carriedAfter(0.02), carriedAfter(0.05, { ambientLossRatio: 0.05 })]).toEqual([undefined, undefined]);
      expect(carriedAfter(0.4, { afterUs: 250_000 })).toBeUndefined();
      expect(carriedAfter(0.4, { onWire: undefined })).toBeUndefined();
      const deafPeriod = new DeafPeriod();
      deafPeriod.carriedBitsPerSecond = 1e6;
      deafPeriod.begin(2e6);
      expect(deafPeriod.carriedBitsPerSecond).toBeUndefined();
    });
  });

  it('lasts a moment even on a clear path', () => {
    expect(deafFor(new DeafPeriod(), () => ({}))).toBe(150_000);
  });

  describe('on a path that becomes slower still', () => {
    const KEPT = 2e6;
    const ON_WIRE = 3e6;

    /** What is said 0.4 s after the leave of a third, when so much of what was kept has come since. */
    function excessWith(given: {
      readonly arrivedBitsPerSecond: number;
      readonly queueUs?: number;
      readonly trainBitsPerSecond?: number;
      readonly ambientLossRatio?: number;
      readonly onWireBitsPerSecond?: number | undefined;
      readonly afterUs?: number;
    }): ReturnType<DeafPeriod['excess']> {
      const { queueUs = 100_000, ambientLossRatio = 0, afterUs = 400_000 } = given;
      const history = new PathHistory();
      const deafPeriod = new DeafPeriod();
      const wireBytes = (given.arrivedBitsPerSecond * TICK_US) / 8e6;
      const leftUs = 1e9;
      for (let nowUs = leftUs - 2e6; nowUs <= leftUs + afterUs; nowUs += TICK_US) {
        const minDelayUs = nowUs < leftUs - 1e6 ? 0 : queueUs;
        history.add(nowUs, sumsOf([reading({ receivedCount: 10, wireBytes, minDelayUs })]), AT_LEISURE);
      }
      deafPeriod.begin('onWireBitsPerSecond' in given ? given.onWireBitsPerSecond : ON_WIRE);
      const [nowUs, ambient, link] = [
        leftUs + afterUs,
        { ratio: ambientLossRatio },
        { leastShareBitsPerSecond: given.trainBitsPerSecond, hasLied: false, isBreathing: () => false },
      ];
      return deafPeriod.excess({ ...CALM, nowUs, changedUs: leftUs, history, ambient, link }, KEPT);
    }

    it('gives a rate below what the path carries of everything on the wire, if that is less than what was kept', () => {
      // 40 % of what was kept comes: of the 3 Mbit/s on the wire the path carries 1.2.
      const { what, rateBitsPerSecond } = excessWith({ arrivedBitsPerSecond: 0.4 * KEPT })!;
      expect(what).toBe('only 40 % of the kept channels arrives');
      expect(rateBitsPerSecond).toBeGreaterThan(0);
      expect(rateBitsPerSecond).toBeLessThan(1.2e6);
    });

    it('is not confused with the share that the left channel still takes, nor with ambient loss', () => {
      expect(excessWith({ arrivedBitsPerSecond: KEPT * (KEPT / ON_WIRE) })).toBeUndefined();
      expect(excessWith({ arrivedBitsPerSecond: 0.4 * KEPT, ambientLossRatio: 0.4 })).toBeUndefined();
    });

    it('is believed when trains show it, although the leave may have worked already', () => {
      const arrivedBitsPerSecond = 0.7 * KEPT;
      expect(excessWith({ arrivedBitsPerSecond })).toBeUndefined();
      const { rateBitsPerSecond } = excessWith({ arrivedBitsPerSecond, trainBitsPerSecond: 1.4e6 })!;
      expect(rateBitsPerSecond).toBeLessThan(1.4e6);
    });

    it('is not believed when trains show less than what arrives: a link that serves in turns spreads them', () => {
      const arrivedBitsPerSecond = 0.8 * KEPT;
      expect(excessWith({ arrivedBitsPerSecond, trainBitsPerSecond: 0.7e6 })).toBeUndefined();
      expect(excessWith({ arrivedBitsPerSecond, trainBitsPerSecond: 1.5e6 })).toBeDefined();
    });

    it('is not found without a queue, too soon after the leave, or while another path leaves', () => {
      const arrivedBitsPerSecond = 0.4 * KEPT;
      expect(excessWith({ arrivedBitsPerSecond, queueUs: 10_000 })).toBeUndefined();
      expect(excessWith({ arrivedBitsPerSecond, afterUs: 250_000 })).toBeUndefined();
      const known = { arrivedBitsPerSecond, trainBitsPerSecond: 0.4 * KEPT };
      expect(excessWith({ ...known, onWireBitsPerSecond: undefined })).toBeUndefined();
      expect(excessWith(known)).toBeDefined();
    });
  });

  it('learns leave latencies from a tenth of a second to five seconds', () => {
    const deafPeriod = new DeafPeriod();
    for (let i = 0; i < 20; i++) deafFor(deafPeriod, () => ({ lossRatio: 0.5 }));
    expect(deafPeriod.latencyUs).toBe(5e6);
    for (let i = 0; i < 60; i++) deafFor(deafPeriod, () => ({}));
    expect(deafPeriod.latencyUs).toBeGreaterThanOrEqual(100_000);
    expect(deafPeriod.latencyUs).toBeLessThan(200_000);
  });
});
