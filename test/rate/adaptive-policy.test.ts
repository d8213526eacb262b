import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaptivePolicy, type AdaptivePolicyOptions } from '../../dist/rate/adaptive-policy.js';
import type { LocalReading, StreamReading } from '../../dist/rate/measuring/readings.js';
import type { Decision } from '../../dist/rate/policy.js';
import { anyLadder } from './ladders.js';
import { reading } from './readings.js';

const TICK_US = 50_000;

/** Carries out decisions, and fails on those that make no sense. */
class Membership {
  readonly joined = new Set<string>();
  readonly #options: AdaptivePolicyOptions;

  constructor(options: AdaptivePolicyOptions) {
    this.#options = options;
  }

  follow(decisions: readonly Decision[]): void {
    const { rates, servers, areServersSeparate, kind } = this.#options;
    for (const { action, channel, server, reason } of decisions) {
      expect(channel).toBeGreaterThanOrEqual(0);
      expect(channel).toBeLessThan(rates.length);
      expect(reason).not.toBe('');
      if (areServersSeparate) expect(servers.map(({ index }) => index)).toContain(server);
      else expect(server).toBeUndefined();
      const key = `${server} ${channel}`;
      expect([key, this.joined.has(key)]).toEqual([key, action === 'leave']);
      if (action === 'join') this.joined.add(key);
      else this.joined.delete(key);
    }
    const pathCount = areServersSeparate ? servers.length : 1;
    if (kind === 'best') expect(this.joined.size).toBeLessThanOrEqual(2 * pathCount);
  }

  channelsOf(server: number | undefined): readonly number[] {
    return [...this.joined]
      .map((key) => key.split(' '))
      .filter(([name]) => name === String(server))
      .map(([, channel]) => Number(channel))
      .sort((a, b) => a - b);
  }
}

const serversOf = (count: number) => Array.from({ length: count }, (_, index) => ({ index, channels: undefined }));

const anyOptions: fc.Arbitrary<AdaptivePolicyOptions> = fc
  .tuple(
    anyLadder,
    fc.integer({ min: 1, max: 3 }),
    fc.boolean(),
    fc.option(fc.double({ min: 1e3, max: 1e9, noNaN: true })),
  )
  .map(([{ rates, mode, symbolBytes }, serverCount, areServersSeparate, max]) => ({
    rates,
    symbolBytes,
    kind: mode,
    maxRateBitsPerSecond: max ?? undefined,
    servers: serversOf(serverCount),
    areServersSeparate,
  }));

/** Readings that no sender and no network would cause. */
const anyReading: fc.Arbitrary<StreamReading> = fc
  .record({
    serverIndex: fc.nat(3),
    channelIndex: fc.oneof(fc.nat(3), fc.nat(255)),
    receivedCount: fc.oneof(fc.constant(0), fc.nat(1000)),
    lostCount: fc.oneof(fc.constant(0), fc.nat(1000)),
    epoch: fc.nat(3),
    sinceUs: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(100e6)),
    minDelayUs: fc.oneof(fc.nat(1000), fc.nat(2 ** 32 - 1)),
    meanExcessUs: fc.nat(1e6),
    trainBitsPerSecond: fc.oneof(fc.constant(0), fc.double({ min: 1, max: 1e12, noNaN: true })),
    slot: fc.oneof(fc.nat(20), fc.nat(65_535)),
    stepLevel: fc.nat(255),
    preview: fc.record({
      slot: fc.integer({ min: -1, max: 65_535 }),
      count: fc.nat(100),
      spread: fc.double({ min: 0, max: 1e12, noNaN: true }),
      covariance: fc.double({ min: -1e12, max: 1e12, noNaN: true }),
      scatter: fc.double({ min: 0, max: 1e12, noNaN: true }),
    }),
  })
  .map((part) => reading({ ...part, burstLostCount: Math.floor(part.lostCount / 2) }));

const anyLocal: fc.Arbitrary<LocalReading> = fc.record({
  unreadCount: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, { arbitrary: fc.nat(100), weight: 1 }),
  droppedCount: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, { arbitrary: fc.nat(100), weight: 1 }),
  latenessUs: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, { arbitrary: fc.nat(1e6), weight: 1 }),
});

/** Runs of equal readings, so that the policy has time to conclude something. */
const anyWeather = fc.array(
  fc.record({
    ticks: fc.integer({ min: 1, max: 60 }),
    readings: fc.array(anyReading, { maxLength: 5 }),
    local: anyLocal,
  }),
  { maxLength: 25 },
);

describe('the adaptive policy, with any readings', () => {
  it('joins what is not joined, leaves what is, and stays within the ladder and the highest rate allowed', () => {
    fc.assert(
      fc.property(anyOptions, anyWeather, (options, weather) => {
        const policy = new AdaptivePolicy(options);
        const membership = new Membership(options);
        let nowUs = 1e6;
        membership.follow(policy.start(nowUs));
        for (const { ticks, readings, local } of weather) {
          for (let i = 0; i < ticks; i++) {
            nowUs += TICK_US;
            const slotted = readings.map((one) => ({ ...one, slot: (one.slot + Math.floor(i / 10)) % 65_536 }));
            membership.follow(policy.tick(nowUs, slotted, local));
            const { levelRateBitsPerSecond, queueUs } = policy.status;
            expect(levelRateBitsPerSecond).toBeGreaterThanOrEqual(0);
            expect(Number.isFinite(levelRateBitsPerSecond)).toBe(true);
            expect(queueUs).toBeGreaterThanOrEqual(0);
            expectLayers(options, membership);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('never joins more than the rate limit, except for the lowest level of each path', () => {
    const allowed = fc.double({ min: 1e5, max: 1e8, noNaN: true });
    fc.assert(
      fc.property(anyOptions, allowed, anyWeather, (other, maxRateBitsPerSecond, weather) => {
        // With one server only: with several, the readings decide how many send on a channel.
        const options = { ...other, servers: serversOf(1), maxRateBitsPerSecond };
        const policy = new AdaptivePolicy(options);
        const lowest = policy.start(1e6).map(({ channel }) => options.rates[channel]!);
        let nowUs = 1e6;
        for (const { ticks, readings, local } of weather) {
          const own = readings.map((one) => ({ ...one, serverIndex: 0 }));
          for (let i = 0; i < ticks; i++) {
            nowUs += TICK_US;
            policy.tick(nowUs, own, local);
            const { levelRateBitsPerSecond } = policy.status;
            expect(levelRateBitsPerSecond).toBeLessThanOrEqual(Math.max(maxRateBitsPerSecond, lowest[0]!) * (1 + 1e-9));
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Checks that layered channels are joined from the lowest up, without a gap. */
function expectLayers(options: AdaptivePolicyOptions, membership: Membership): void {
  if (options.kind !== 'several') return;
  const servers = options.areServersSeparate ? options.servers.map(({ index }) => index) : [undefined];
  for (const server of servers) {
    const channels = membership.channelsOf(server);
    expect(channels).toEqual(channels.map((_, channel) => channel));
  }
}

/** A path without limits: all joined channels arrive, and every slot permits every step. */
function brings(channels: readonly number[], serverIndexes: readonly number[], nowUs: number): StreamReading[] {
  return serverIndexes.flatMap((serverIndex) =>
    channels.map((channelIndex) =>
      reading({
        serverIndex,
        channelIndex,
        receivedCount: 5,
        trainBitsPerSecond: channelIndex === 0 ? 1e9 : 0,
        slot: Math.floor(nowUs / 500_000) % 65_536,
        stepLevel: 32,
      }),
    ),
  );
}

describe('the adaptive policy', () => {
  const options: AdaptivePolicyOptions = {
    rates: [1e6, 1e6, 1e6, 1e6],
    symbolBytes: 1154,
    kind: 'several',
    maxRateBitsPerSecond: 4e6,
    servers: serversOf(2),
    areServersSeparate: false,
  };

  function run(
    policy: AdaptivePolicy,
    membership: Membership,
    seconds: number,
    fromUs: number,
    servers: readonly number[],
  ) {
    let nowUs = fromUs;
    for (; nowUs < fromUs + seconds * 1e6; nowUs += TICK_US) {
      const channels = membership.channelsOf(undefined);
      membership.follow(
        policy.tick(nowUs, brings(channels, servers, nowUs), { unreadCount: 0, droppedCount: 0, latenessUs: 0 }),
      );
    }
    return nowUs;
  }

  it('counts what all servers bring from which something arrives, and leaves a level when another server begins', () => {
    const policy = new AdaptivePolicy(options);
    const membership = new Membership(options);
    membership.follow(policy.start(0));
    expect(policy.status.levelRateBitsPerSecond).toBe(2e6);
    let nowUs = run(policy, membership, 15, 0, [0]);
    expect([membership.joined.size, policy.status.levelRateBitsPerSecond]).toEqual([4, 4e6]);
    nowUs = run(policy, membership, 5, nowUs, [0, 1]);
    expect([membership.joined.size, policy.status.levelRateBitsPerSecond]).toEqual([2, 4e6]);
    run(policy, membership, 15, nowUs, [1]);
    expect([membership.joined.size, policy.status.levelRateBitsPerSecond]).toEqual([4, 4e6]);
  });

  it('counts servers only for the channels that they send', () => {
    const servers = [
      { index: 0, channels: undefined },
      { index: 1, channels: [0] },
    ];
    const policy = new AdaptivePolicy({ ...options, servers });
    const membership = new Membership(options);
    membership.follow(policy.start(0));
    run(policy, membership, 10, 0, [0, 1]);
    // Twice channel 0 and once 1 and 2.
    expect([membership.joined.size, policy.status.levelRateBitsPerSecond]).toEqual([3, 4e6]);
  });

  it('begins again from the lowest level when it is started again', () => {
    const policy = new AdaptivePolicy(options);
    const membership = new Membership(options);
    membership.follow(policy.start(0));
    const nowUs = run(policy, membership, 10, 0, [0]);
    expect(membership.joined.size).toBe(4);
    membership.joined.clear();
    membership.follow(policy.start(nowUs));
    expect(membership.channelsOf(undefined)).toEqual([0]);
  });

  describe('with arrival times', () => {
    const AT_LEISURE = { unreadCount: 0, droppedCount: 0, latenessUs: 0 };
    const policyOf = (rates: readonly number[], maxRateBitsPerSecond?: number) =>
      new AdaptivePolicy({
        rates,
        symbolBytes: 1184,
        kind: 'several',
        maxRateBitsPerSecond,
        servers: serversOf(1),
        areServersSeparate: false,
      });
    /** Ticks for some seconds on a path with much room; returns whether the policy needed times at the end of each. */
    function clearPath(policy: AdaptivePolicy, seconds: number, delayUs = 1000, fromTick = 0): readonly boolean[] {
      const isTimed: boolean[] = [];
      const joined = new Set<number>();
      if (fromTick === 0) for (const { channel } of policy.start(0)) joined.add(channel);
      else for (const channel of [0, 1, 2]) joined.add(channel);
      for (let i = fromTick + 1; i <= fromTick + seconds * 20; i++) {
        const slot = Math.floor(i / 10);
        const readings = [...joined].map((channelIndex) =>
          reading({
            channelIndex,
            receivedCount: 20,
            slot,
            stepLevel: 3,
            trainBitsPerSecond: 1e9,
            minDelayUs: delayUs,
          }),
        );
        for (const { action, channel } of policy.tick(i * TICK_US, readings, AT_LEISURE)) {
          if (action === 'join') joined.add(channel);
          else joined.delete(channel);
        }
        if (i % 20 === 0) isTimed.push(policy.isTimed);
      }
      return isTimed;
    }

    it('needs them until it is on the highest level, and again when a queue appears', () => {
      const policy = policyOf([1e6, 1e6, 2e6]);
      expect(policy.isTimed).toBe(true);
      expect(clearPath(policy, 20).at(-1)).toBe(false);
      clearPath(policy, 1, 31_000, 400);
      expect(policy.isTimed).toBe(true);
    });

    it('needs them never where there is one level, or where one level is all that the user allows', () => {
      expect(clearPath(policyOf([4e6]), 5)).not.toContain(true);
      expect(clearPath(policyOf([1e6, 1e6, 2e6], 1.5e6), 5)).not.toContain(true);
    });
  });
});
