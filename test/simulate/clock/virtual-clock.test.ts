import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostClock } from '../../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../../dist/simulate/clock/virtual-clock.js';

describe('virtual time', () => {
  it('has events in order of time, and of scheduling where times are equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(20), fc.boolean()), { maxLength: 60 }), async (plan) => {
        const clock = new VirtualClock();
        const happened: [number, number][] = [];
        const expected: [number, number][] = [];
        for (const [i, [atUs, isCancelled]] of plan.entries()) {
          const event = clock.at(atUs, () => happened.push([clock.nowUs, i]));
          if (isCancelled) event.callback = undefined;
          else expected.push([atUs, i]);
        }
        await clock.run(20);
        expect(happened).toEqual(expected.sort(([a], [b]) => a - b));
        expect(clock.eventCount).toBe(expected.length);
      }),
    );
  });

  it('stands still while promises settle, however long their chain', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    clock.at(10, async () => {
      for (let i = 0; i < 1000; i++) await undefined;
      seen.push(clock.nowUs);
      await new Promise<void>((resolve) => clock.at(clock.nowUs + 5, resolve));
      seen.push(clock.nowUs);
    });
    clock.at(11, () => seen.push(clock.nowUs));
    await clock.run(100);
    expect(seen).toEqual([10, 11, 15]);
    expect(clock.nowUs).toBe(100);
  });

  it('never goes back: what is due in the past happens now, after what was there', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.at(10, () => {
      clock.at(3, () => seen.push(`late ${clock.nowUs}`));
    });
    clock.at(10, () => seen.push('second'));
    await clock.run(10);
    expect(seen).toEqual(['second', 'late 10']);
  });

  it('hands on what an event throws', async () => {
    const clock = new VirtualClock();
    clock.at(1, () => {
      throw new Error('found');
    });
    await expect(clock.run(5)).rejects.toThrow('found');
  });

  it('says when something has not ended in time', async () => {
    const clock = new VirtualClock();
    await expect(clock.until(new Promise(() => undefined), 2e6)).rejects.toThrow('not settled at 2 s');
    expect(await clock.until(Promise.resolve('at once'), 9e6)).toBe('at once');
    expect(clock.nowUs).toBe(2e6);
  });
});

describe('a host’s clock', () => {
  it('never calls back before its own time has come, whatever its drift', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          originUs: fc.integer({ min: 0, max: 1e12 }),
          driftPpm: fc.integer({ min: -100_000, max: 100_000 }),
          timerGrainUs: fc.constantFrom(1, 1000),
        }),
        // Whole nanoseconds: thousandths of the smallest doubles are no time at all.
        fc.array(
          fc.integer({ min: 0, max: 1e9 }).map((ns) => ns / 1000),
          { maxLength: 10 },
        ),
        async (options, waits) => {
          const virtual = new VirtualClock();
          const clock = new HostClock(virtual, options);
          for (const wait of waits) {
            const atUs = options.originUs + wait;
            clock.schedule(atUs, () => {
              expect(clock.nowUs()).toBeGreaterThanOrEqual(atUs);
              expect(clock.nowUs() - atUs).toBeLessThanOrEqual(options.timerGrainUs + 2);
            });
          }
          await virtual.run(3e6);
          expect(virtual.eventCount).toBe(waits.length);
        },
      ),
    );
  });

  it('drifts away from the others by as much as it should', async () => {
    const virtual = new VirtualClock();
    const fast = new HostClock(virtual, { driftPpm: 50, wallErrorUs: -3e6, originUs: 77 });
    const right = new HostClock(virtual);
    await virtual.run(100e6);
    expect(fast.nowUs() - right.nowUs()).toBe(77 + 5000);
    expect(fast.wallUs() - right.wallUs()).toBe(-3e6 + 5000);
  });

  it('calls nobody back after the host has died', async () => {
    const virtual = new VirtualClock();
    const clock = new HostClock(virtual);
    let count = 0;
    clock.schedule(10, () => count++);
    const cancel = clock.schedule(5, () => count++);
    cancel();
    clock.stop();
    clock.schedule(20, () => count++);
    await virtual.run(100);
    expect(count).toBe(0);
  });
});
