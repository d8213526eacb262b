import type { RadioStatus } from '../agent/coap/device-site.js';
import { OBJECT_STATES, type ObjectState } from '../agent/object-state.js';

/** What a device says of one of its objects. */
export interface ObjectStatus {
  readonly object: string;
  readonly version: number;
  readonly state: ObjectState;
  readonly appliedVersion?: number;
  readonly message?: string;
}

/** What a device says at `/fw`. */
export interface DeviceStatus {
  readonly fleet: string;
  readonly objects: readonly ObjectStatus[];
}

/** What is kept of a device's status: objects beyond are left out, and longer messages are cut. A device has a few objects of 100 bytes. */
const MAX_OBJECTS = 32;
const MAX_NAME_CHARS = 128;
const MAX_MESSAGE_CHARS = 120;

/**
 * Reads what a device says of itself. What a device says is not signed, so everything is checked.
 *
 * @returns one text for all that say the same; undefined for what is no status
 */
export function statusTextOf(payload: Uint8Array): string | undefined {
  const said = jsonOf(payload);
  if (!isMapping(said)) return undefined;
  const { fleet, objects } = said;
  if (!isName(fleet) || !Array.isArray(objects)) return undefined;
  const kept: (ObjectStatus | undefined)[] = objects.slice(0, MAX_OBJECTS).map(objectOf);
  return kept.includes(undefined) ? undefined : JSON.stringify({ fleet, objects: kept });
}

/** @param text from `statusTextOf` */
export function readStatus(text: string): DeviceStatus {
  return JSON.parse(text) as DeviceStatus;
}

/** What a device says at `/Radio_link_status`; undefined for what is no status of a radio. */
export function readRadio(payload: Uint8Array): RadioStatus | undefined {
  const said = jsonOf(payload);
  if (!isMapping(said) || typeof said.isAwake !== 'boolean') return undefined;
  const { isAwake, nextWakeAt } = said;
  const isTime = typeof nextWakeAt === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]{8,15}Z$/.test(nextWakeAt);
  return { isAwake, nextWakeAt: isTime ? nextWakeAt : null };
}

function objectOf(said: unknown): ObjectStatus | undefined {
  if (!isMapping(said)) return undefined;
  const { object, version, state, appliedVersion, message } = said;
  if (!isName(object) || !isCount(version) || !OBJECT_STATES.includes(state as ObjectState)) return undefined;
  return {
    object,
    version,
    state: state as ObjectState,
    ...(isCount(appliedVersion) ? { appliedVersion } : {}),
    ...(typeof message === 'string' ? { message: message.replace(/\p{Cc}/gu, ' ').slice(0, MAX_MESSAGE_CHARS) } : {}),
  };
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
}

function isMapping(said: unknown): said is Readonly<Record<string, unknown>> {
  return typeof said === 'object' && said !== null && !Array.isArray(said);
}

function isName(said: unknown): said is string {
  return typeof said === 'string' && said.length >= 1 && said.length <= MAX_NAME_CHARS && !/\p{Cc}/u.test(said);
}

function isCount(said: unknown): said is number {
  return Number.isSafeInteger(said) && (said as number) >= 0;
}
