import { describe, expect, it } from 'vitest';
import { nextWindow } from '../../dist/agent/air-times.js';
import { HostClock, SIMULATION_EPOCH_US } from '../../dist/simulate/clock/host-clock.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';

const [S, DAY_S] = [1e6, 86_400];
/** 08:00Z at the epoch of simulations. */
const schedule = { everyS: DAY_S, lastsS: 3600, fromS: 10 * 3600 };
const descriptor = { schedule, createdS: SIMULATION_EPOCH_US / S - 60 } as Descriptor;

describe('the next window of an object', () => {
  it('is known by a clock that is right', () => {
    const window = nextWindow(descriptor, new HostClock(new VirtualClock()));
    expect(window).toEqual({ beginsUs: (2 * 3600 - 2) * S, lastsUs: 3600 * S });
  });

  it('is not known by a clock that is earlier than the record: at its time of day nothing may ever be sent', () => {
    const clock = new HostClock(new VirtualClock(), { wallErrorUs: -SIMULATION_EPOCH_US });
    expect(nextWindow(descriptor, clock)).toBeUndefined();
  });
});
