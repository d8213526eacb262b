import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Clock } from '../base/ports.js';
import { limitYoungObjects } from '../work/young-objects.js';

/**
 * Whether a command may have to wait when it writes: a terminal takes no text while its user holds it (Ctrl-S) or its connection stalls, and a file
 * takes none while its disk or the server of its file system does not answer. Node writes to pipes and sockets without waiting.
 *
 * What must not be late then needs a thread of its own, which takes some 12 MB and 0.13 s of processor time at the start.
 */
export function mayOutputBlock(): boolean {
  return [1, 2].some((fd) => isatty(fd) || isFile(fd));
}

/** False also for a descriptor that is closed. */
function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

/**
 * Readies this thread for the work of a command. Call it before the work begins.
 *
 * @returns the clock, to give to `createReceiver` and its like: with a clock of its own, a call works in the thread that makes it
 */
export function workHere<C extends Clock>(clock: C): C {
  limitYoungObjects();
  return clock;
}
