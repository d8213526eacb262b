import type { Clock } from '../base/ports.js';
import { EARLY_S, offAirS, onAirAgainS, windowsOf } from '../receiver/on-air.js';
import type { Descriptor } from '../wire/descriptor.js';
import { nextWindowS } from '../wire/sending-windows.js';

/** A window of an object's schedule, on the clock that never jumps: when to listen. */
export interface Window {
  readonly beginsUs: number;
  readonly lastsUs: number;
}

/** When to listen for the object, on the clock that never jumps; 0 if now. */
export function onAirUs(descriptor: Descriptor, clock: Clock): number {
  const againS = onAirAgainS(descriptor, clock.wallUs() / 1e6);
  return againS === undefined ? 0 : steadyUs(againS - EARLY_S, clock);
}

/** When servers have stopped sending the object, on the clock that never jumps; undefined if they have, or never do. */
export function offAirUs(descriptor: Descriptor, clock: Clock): number | undefined {
  const untilS = offAirS(descriptor, clock.wallUs() / 1e6);
  return untilS === undefined ? undefined : steadyUs(untilS, clock);
}

/** The next window that begins; undefined for an object that is always sent, and while the clock is wrong: nobody knows then when to wake. */
export function nextWindow(descriptor: Descriptor, clock: Clock): Window | undefined {
  const wallS = clock.wallUs() / 1e6;
  const windows = windowsOf(descriptor, wallS);
  if (windows === undefined) return undefined;
  const beginsS = onAirAgainS(descriptor, wallS) ?? nextWindowS(windows, wallS);
  return { beginsUs: steadyUs(beginsS - EARLY_S, clock), lastsUs: windows.lastsS * 1e6 };
}

function steadyUs(wallS: number, clock: Clock): number {
  return Math.ceil(clock.nowUs() + wallS * 1e6 - clock.wallUs());
}
