import type { AgentPlan } from '../../dist/agent/agent-plan.js';
import { VirtualClock } from '../../dist/simulate/clock/virtual-clock.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import type { SendingWindows } from '../../dist/wire/sending-windows.js';
import { Announcements } from './month/announcements.js';
import { Device } from './month/device.js';
import { descriptorOf, isHopeless } from './month/versions.js';

export interface MonthOptions {
  readonly seed: string;
  readonly days: number;
  readonly versionCount: number;
  readonly cutCount: number;
  /** Undefined: the device is always awake. */
  readonly wake: AgentPlan['wake'];
  /** When versions are sent; undefined: always. */
  readonly schedule?: SendingWindows;
}

/** What happened in a month, and everything that should not have. */
export interface Month {
  readonly cuts: number;
  /** Power cuts while the program ran, or before the journal knew that it had ended. */
  readonly cutsInPrograms: number;
  readonly programStarts: number;
  readonly applied: number;
  readonly failed: number;
  /** What arrived: the sizes of all versions, if nothing was received twice and no version was skipped. */
  readonly receivedBytes: number;
  readonly lastVersion: number;
  /** Share of the time in which the device listened. */
  readonly awakeRatio: number;
  readonly faults: readonly string[];
}

const S = 1e6;
const DAY_US = 86_400 * S;

/**
 * A device over a month of virtual time, with the real agent and a model of everything around it: announcements, a transfer that keeps what its
 * checkpoints have, a disk that loses what was not flushed, a program that takes a while, clock steps, and power cuts at random moments.
 */
export async function month({ seed, days, versionCount, cutCount, wake, schedule }: MonthOptions): Promise<Month> {
  const endUs = days * DAY_US;
  const clock = new VirtualClock();
  const random = new Prng(seed);
  const faults: string[] = [];
  const onFault = (what: string) => void faults.push(`${(clock.nowUs / S).toFixed(3)} s: ${what}`);
  const announcements = new Announcements(random);
  const device = new Device({ clock, random, announcements, wake, schedule, cutsUntilUs: endUs, onFault });

  for (let version = 1; version <= versionCount; version++) {
    const atUs = ((version - 1 + 0.6 * random.ratio()) / versionCount) * endUs;
    clock.at(atUs, () => announcements.publish(descriptorOf(version, schedule)));
    // Half of the cuts come soon after a publication, where there is something to break.
    for (let i = 0; i < cutCount / versionCount / 2; i++) {
      clock.at(atUs + random.ratio() * ((wake?.everyUs ?? 0) + 600 * S), () => device.cut());
    }
  }
  for (let i = 0; i < cutCount / 2; i++) clock.at(random.ratio() * endUs, () => device.cut());
  for (let i = 0; i < days; i++) {
    clock.at(random.ratio() * endUs, () => device.step((random.ratio() - 0.5) * 7200 * S));
  }
  let [looks, awakeLooks] = [0, 0];
  for (let atUs = 0; atUs < endUs; atUs += 60 * S) {
    clock.at(atUs, () => {
      looks++;
      if (announcements.areHeard) awakeLooks++;
    });
  }

  device.boot();
  await clock.run(endUs);
  // A day without cuts: whatever was begun has to come to its end.
  await clock.run(endUs + DAY_US);

  const { record, programs, disk, cuts, cutsInPrograms, applied } = device;
  const lastVersion = record?.target.version ?? 0;
  if (lastVersion !== versionCount) onFault(`ended at version ${lastVersion} of ${versionCount}`);
  if (record?.state !== 'applied' && record?.state !== 'failed') onFault(`ended in state ${record?.state}`);
  if (isHopeless(versionCount) !== (record?.state === 'failed')) onFault(`the last version ${record?.state}`);
  return {
    cuts,
    cutsInPrograms,
    programStarts: programs.startCount,
    applied,
    failed: programs.overCount - applied,
    receivedBytes: disk.receivedBytes,
    lastVersion,
    awakeRatio: awakeLooks / looks,
    faults,
  };
}
