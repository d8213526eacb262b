import { MAX_RECORD_BYTES } from '../../base/limits.js';
import type { DeviceFilter } from '../device-states.js';
import type { Manager } from '../manager.js';
import type { TriggerOrder } from '../triggers/trigger.js';
import { deviceJson, triggerJson } from './device-json.js';

export interface ApiRequest {
  readonly method: string;
  /** As the request has it: `/devices?state=failed`. */
  readonly url: string;
  /** Of a POST. */
  readonly body: string;
}

/** What is answered: JSON, or a line for people. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: object | string;
}

/** Devices on a page unless the request says otherwise, and at most: 500 kB. */
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
/** Devices that one request triggers. */
const MAX_TRIGGERED = 1_000;
const DEFAULT_EXPIRY_MS = 86_400_000;
const MAX_EXPIRY_MS = 30 * 86_400_000;

/** Whether a request changes something. */
export function changes(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** Answers a request that its sender may make. */
export function answerOf(manager: Manager, { method, url, body }: ApiRequest): ApiAnswer {
  const [path = '', query = ''] = url.split('?', 2);
  const [, place = '', ...names] = path.split('/');
  const name = names.length === 1 ? decoded(names[0]!) : undefined;
  if (place === 'devices' && names.length === 0) return only('GET', method, () => list(manager, query));
  if (place === 'devices' && name !== undefined) return only('GET', method, () => device(manager, name));
  if (place === 'counts' && names.length === 0) return only('GET', method, () => counts(manager));
  if (place === 'triggers' && names.length === 0) return only('POST', method, () => trigger(manager, body));
  if (place === 'triggers' && name !== undefined) return only('DELETE', method, () => cancel(manager, name));
  return {
    status: 404,
    body: 'nothing here; there is /, /devices, /devices/NAME, /counts, /triggers, /events and /metrics',
  };
}

function only(allowed: string, method: string, answer: () => ApiAnswer): ApiAnswer {
  const isRight = method === allowed || (allowed === 'GET' && method === 'HEAD');
  return isRight ? answer() : { status: 405, body: `only ${allowed}` };
}

function list(manager: Manager, query: string): ApiAnswer {
  const filter = readFilter(new URLSearchParams(query));
  if (typeof filter === 'string') return { status: 400, body: filter };
  const { devices, next } = manager.page(filter, filter.after, filter.limit);
  return { status: 200, body: { devices: devices.map((state) => deviceJson(manager, state)), next } };
}

function device(manager: Manager, name: string): ApiAnswer {
  const state = manager.find(name);
  return state === undefined
    ? { status: 404, body: 'no such device' }
    : { status: 200, body: deviceJson(manager, state) };
}

function counts(manager: Manager): ApiAnswer {
  const { deviceCount, registeredCount, triggerCount, results } = manager;
  return {
    status: 200,
    body: {
      devices: deviceCount,
      registered: registeredCount,
      waitingTriggers: triggerCount,
      endedTriggers: results,
      // A fleet has a few versions; more states than these are the work of somebody who makes them up.
      states: manager.stateCounts().slice(0, MAX_LIMIT),
    },
  };
}

function trigger(manager: Manager, body: string): ApiAnswer {
  const order = readOrder(body);
  if (typeof order === 'string') return { status: 400, body: order };
  const answers = manager
    .trigger(order.devices, order)
    .map((answer, i) =>
      typeof answer === 'string' ? { device: order.devices[i], fault: answer } : triggerJson(answer),
    );
  return { status: answers.every((answer) => 'fault' in answer) ? 409 : 202, body: { triggers: answers } };
}

function cancel(manager: Manager, id: string): ApiAnswer {
  return manager.cancel(id) ? { status: 200, body: {} } : { status: 404, body: 'no such trigger waits' };
}

type PageFilter = DeviceFilter & { readonly after: string | undefined; readonly limit: number };

/** @returns as a text, what is wrong */
function readFilter(query: URLSearchParams): PageFilter | string {
  const { after, limit, registered, version, ...texts } = Object.fromEntries(query) as Record<
    string,
    string | undefined
  >;
  const stranger = Object.keys(texts).find((key) => !['prefix', 'fleet', 'object', 'state'].includes(key));
  if (stranger !== undefined)
    return 'unknown parameter; there is prefix, registered, fleet, object, state, version, after and limit';
  if (registered !== undefined && registered !== 'true' && registered !== 'false') return 'registered is true or false';
  if (version !== undefined && !/^\d{1,15}$/.test(version)) return 'version is a number';
  const count = limit === undefined ? DEFAULT_LIMIT : /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (count < 1 || count > MAX_LIMIT) return `limit is a number from 1 to ${MAX_LIMIT}`;
  return {
    ...texts,
    after,
    limit: count,
    isRegistered: registered === undefined ? undefined : registered === 'true',
    version: version === undefined ? undefined : Number(version),
  };
}

type ReadOrder = TriggerOrder & { readonly devices: readonly string[] };

/** @returns as a text, what is wrong */
function readOrder(body: string): ReadOrder | string {
  const said = jsonOf(body);
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return 'the body is a JSON object';
  const { devices, object, record, expiresInMs = DEFAULT_EXPIRY_MS, ...others } = said as Record<string, unknown>;
  if (Object.keys(others).length > 0) return 'unknown key; there is devices, object, record and expiresInMs';
  const areNames = Array.isArray(devices) && devices.every((one) => typeof one === 'string');
  if (!areNames || devices.length < 1 || devices.length > MAX_TRIGGERED)
    return `devices has 1 to ${MAX_TRIGGERED} names`;
  if (object !== undefined && (typeof object !== 'string' || !/^[^\p{Cc}]{1,128}$/u.test(object)))
    return 'object is the name of an object';
  const bytes = record === undefined ? undefined : bytesOf(record);
  if (record !== undefined && bytes === undefined)
    return `record is a signed record in Base64, of at most ${MAX_RECORD_BYTES} bytes`;
  const isTime =
    Number.isSafeInteger(expiresInMs) && Number(expiresInMs) >= 1_000 && Number(expiresInMs) <= MAX_EXPIRY_MS;
  if (!isTime) return `expiresInMs is a number from 1000 to ${MAX_EXPIRY_MS}`;
  return { devices: [...new Set(devices as string[])], object, record: bytes, expiresInMs: Number(expiresInMs) };
}

function bytesOf(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.length <= MAX_RECORD_BYTES ? bytes : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined for what is no encoding. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
