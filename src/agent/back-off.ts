import type { BackOffTimes } from '../base/back-off.js';

/** A program that said "later", or could not be started: devices decide about reboots in minutes, and about night time in hours. */
export const PROGRAM_BACK_OFF: BackOffTimes = { firstUs: 10e6, mostUs: 3600e6 };
/** A transfer that failed: a full disk or a missing folder is mended by somebody else, and looking costs little. */
export const TRANSFER_BACK_OFF: BackOffTimes = { firstUs: 5e6, mostUs: 300e6 };
