import type { ErrorCode } from '../base/errors.js';

/** The states of an object on a device, in the order in which a new version passes them; a version ends as `applied` or `failed`. */
export const OBJECT_STATES = [
  /** Nothing newer than what the device has is known; or what was known is not announced any more. */
  'idle',
  /** A newer version is known, and is not being received now. */
  'announced',
  'receiving',
  /** The file is whole, verified and under its name. */
  'verified',
  /** The program that takes the version over is running. */
  'applying',
  /** The version was taken over. */
  'applied',
  /** The version was not taken over, and is not tried again. */
  'failed',
] as const;
export type ObjectState = (typeof OBJECT_STATES)[number];

/** Whether the state speaks of a version that is not under its name yet. */
export function isToCome(state: ObjectState): boolean {
  return state === 'announced' || state === 'receiving';
}

/** Whether an object in this state is not yet at the version that the state speaks of, and may still come to it by itself. */
export function isUnfinished(state: ObjectState): boolean {
  return isToCome(state) || state === 'verified' || state === 'applying';
}

/**
 * The value of the resource State of LwM2M's firmware object (OMA-TS-LightweightM2M, appendix E.6, /5/0/3): 0 idle, 1 downloading, 2
 * downloaded, 3 updating. "If the Update Resource failed, the state returns at Downloaded."
 */
export function lwm2mStateOf(state: ObjectState): number {
  return { idle: 0, announced: 0, receiving: 1, verified: 2, applying: 3, applied: 0, failed: 2 }[state];
}

/** Values of the resource Update Result of the same object (/5/0/5). */
export const Lwm2mResult = {
  initial: 0,
  success: 1,
  noRoom: 2,
  outOfMemory: 3,
  connectionLost: 4,
  integrity: 5,
  unsupportedType: 6,
  updateFailed: 8,
} as const;

/** The result that tells of an error while a version was received. */
export function lwm2mResultOf(code: ErrorCode): number {
  return RESULTS[code] ?? Lwm2mResult.connectionLost;
}

const RESULTS: Readonly<Partial<Record<ErrorCode, number>>> = {
  // The resource has no value for a disk that fails: what matters is that the version could not be stored.
  DISK_FULL: Lwm2mResult.noRoom,
  PERMISSION_DENIED: Lwm2mResult.noRoom,
  FILE_NOT_FOUND: Lwm2mResult.noRoom,
  NOT_A_FILE: Lwm2mResult.noRoom,
  FILE_IN_USE: Lwm2mResult.noRoom,
  FILE_IO: Lwm2mResult.noRoom,
  THREAD_LOST: Lwm2mResult.outOfMemory,
  RECORD_INVALID: Lwm2mResult.integrity,
  VERSION_REFUSED: Lwm2mResult.integrity,
  EXPIRED: Lwm2mResult.integrity,
  ROLE_REFUSED: Lwm2mResult.integrity,
  ENCRYPTED: Lwm2mResult.integrity,
  INCOMPATIBLE: Lwm2mResult.unsupportedType,
  TREE_INVALID: Lwm2mResult.unsupportedType,
  COMMAND_FAILED: Lwm2mResult.updateFailed,
};
