import { createRequire } from 'node:module';
import { BUILT_S } from '../../base/build-time.js';
import { findIn, type Koffi } from '../../net/libc.js';
import type { ClockFacts } from '../host-facts.js';

/** Result of adjtimex(2) while nothing keeps the clock synchronized (TIME_ERROR). */
const TIME_ERROR = 5;

/** More than any machine's struct timex takes (208 bytes with 64-bit times). */
const TIMEX_BYTES = 512;

export function clockFacts(): ClockFacts {
  return { nowS: Math.floor(Date.now() / 1000), builtS: BUILT_S, isSynchronized: isSynchronized() };
}

/** What the kernel says of its clock; undefined elsewhere than on Linux, without koffi, and where a sandbox forbids the call. */
function isSynchronized(): boolean | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const adjtimex = findIn(koffi, (library) => library.func('int adjtimex(void *)'));
    // All zero: nothing is changed (modes = 0).
    const state: unknown = adjtimex?.(new Uint8Array(TIMEX_BYTES));
    return typeof state === 'number' && state >= 0 ? state !== TIME_ERROR : undefined;
  } catch {
    return undefined;
  }
}
