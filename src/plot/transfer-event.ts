/** What a picture of a transfer is drawn from: events of `fetch --json` and `simulate --json`, checked. */
export type TransferEvent = { readonly atMs: number } & Untimed;

type Untimed = Described | Change | Sample | Whole | LinkSample | FlowSample;

/** What is received. */
export interface Described {
  readonly kind: 'descriptor';
  readonly fleet: string;
  readonly object: string;
  readonly version: number | undefined;
  readonly mode: string | undefined;
  /** By channel, µs from datagram to datagram. */
  readonly intervalsUs: readonly number[];
}

/** A channel joined or left. */
export interface Change {
  readonly kind: 'join' | 'leave';
  /** Empty for the only one, of `fetch`. */
  readonly receiver: string;
  readonly channel: number;
  readonly reason: string;
}

/** What a receiver measures, about once a second. */
export interface Sample {
  readonly kind: 'progress';
  readonly receiver: string;
  /** Highest channel joined; −1 for none. */
  readonly level: number;
  readonly rateBitsPerSecond: number;
  readonly lossRatio: number;
  readonly levelRateBitsPerSecond: number | undefined;
  readonly queueMs: number | undefined;
  readonly capacityBitsPerSecond: number | undefined;
}

/** A receiver has the whole object. */
export interface Whole {
  readonly kind: 'complete';
  readonly receiver: string;
}

export interface LinkSample {
  readonly kind: 'link';
  readonly link: string;
  readonly capacityBitsPerSecond: number | undefined;
  readonly queueMs: number;
  readonly lossRatio: number;
}

/** Cross traffic. */
export interface FlowSample {
  readonly kind: 'flow';
  readonly flow: string;
  readonly rateBitsPerSecond: number;
}

/** An index that no ladder reaches; a ladder has at most 32 channels. */
const MAX_CHANNEL = 255;
/** Thirty years: far more than a transfer, and exact in any arithmetic on it. */
const MAX_MS = 1e12;
/** Longer than any name or reason; what is longer is cut. */
const MAX_TEXT = 200;

/** @returns the event; what is wrong with it; or undefined for an event that is not drawn. */
export function readTransferEvent(value: unknown): TransferEvent | string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  const fields = value as Readonly<Record<string, unknown>>;
  if (typeof fields.event !== 'string') return 'no "event"';
  const read = READERS.get(fields.event);
  if (read === undefined) return undefined;
  try {
    const atMs = number(fields, 'atMs');
    if (!Number.isInteger(atMs) || atMs > MAX_MS) throw new Fault('"atMs" is not a whole number of milliseconds');
    return { atMs, ...read(fields) };
  } catch (error) {
    if (error instanceof Fault) return `${fields.event}: ${error.message}`;
    throw error;
  }
}

class Fault extends Error {}

type Fields = Readonly<Record<string, unknown>>;

const READERS: ReadonlyMap<string, (fields: Fields) => Untimed> = new Map<string, (fields: Fields) => Untimed>([
  ['descriptor', described],
  ['join', (fields) => change('join', fields)],
  ['leave', (fields) => change('leave', fields)],
  ['progress', sample],
  ['complete', (fields) => ({ kind: 'complete', receiver: receiverOf(fields) })],
  ['link', linkSample],
  ['flow', flowSample],
]);

function described(fields: Fields): Described {
  const channels: readonly unknown[] = Array.isArray(fields.channels) ? fields.channels : [];
  const intervals = channels.map((channel) => (channel as { readonly intervalUs?: unknown } | null)?.intervalUs);
  return {
    kind: 'descriptor',
    fleet: text(fields, 'fleet'),
    object: text(fields, 'object'),
    version: optional(fields, 'version'),
    mode: typeof fields.mode === 'string' ? fields.mode : undefined,
    intervalsUs: intervals.every((interval) => typeof interval === 'number') ? intervals : [],
  };
}

function change(kind: Change['kind'], fields: Fields): Change {
  const channel = whole(fields, 'channel', 0);
  const reason = fields.reason === undefined ? '' : text(fields, 'reason');
  return { kind, receiver: receiverOf(fields), channel, reason };
}

function sample(fields: Fields): Sample {
  return {
    kind: 'progress',
    receiver: receiverOf(fields),
    level: whole(fields, 'level', -1),
    rateBitsPerSecond: number(fields, 'rateBitsPerSecond'),
    lossRatio: ratio(fields),
    levelRateBitsPerSecond: optional(fields, 'levelRateBitsPerSecond'),
    queueMs: optional(fields, 'queueMs'),
    capacityBitsPerSecond: optional(fields, 'capacityBitsPerSecond'),
  };
}

function linkSample(fields: Fields): LinkSample {
  return {
    kind: 'link',
    link: text(fields, 'link'),
    capacityBitsPerSecond: optional(fields, 'capacityBitsPerSecond'),
    queueMs: number(fields, 'queueMs'),
    lossRatio: ratio(fields),
  };
}

function flowSample(fields: Fields): FlowSample {
  return { kind: 'flow', flow: text(fields, 'flow'), rateBitsPerSecond: number(fields, 'rateBitsPerSecond') };
}

function receiverOf(fields: Fields): string {
  return fields.receiver === undefined ? '' : text(fields, 'receiver');
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new Fault(`"${name}" is not a text`);
  return value.slice(0, MAX_TEXT);
}

function whole(fields: Fields, name: string, least: number): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= MAX_CHANNEL) return value;
  throw new Fault(`"${name}" is not a whole number from ${least} to ${MAX_CHANNEL}`);
}

function ratio(fields: Fields): number {
  const value = number(fields, 'lossRatio');
  if (value > 1) throw new Fault('"lossRatio" is more than 1');
  return value;
}

function optional(fields: Fields, name: string): number | undefined {
  return fields[name] === undefined || fields[name] === null ? undefined : number(fields, name);
}

function number(fields: Fields, name: string): number {
  const value = fields[name];
  // JSON has no infinity, but 1e999 is read as one.
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value;
  throw new Fault(`"${name}" is not a number of at least 0`);
}
