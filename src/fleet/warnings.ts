import { DEFAULT_PATIENCE_US } from '../base/limits.js';
import { DURATION, formatQuantity } from '../base/units.js';
import type { Path } from '../config/yaml-source.js';
import { burstCount } from '../rate/ladder/pacer.js';
import type { Fleet } from './fleet.js';
import { type Sending, sendingsOf } from './sendings.js';

/** A setting that is allowed but probably wrong. */
export interface ConfigWarning {
  readonly code: WarningCode;
  /** Path of the setting; empty for the file as a whole. */
  readonly path: Path;
  readonly message: string;
}

export type WarningCode =
  | 'ANNOUNCE_INTERVAL'
  | 'BURST'
  | 'DELTA'
  | 'SAME_FILE'
  | 'SAME_ADDRESS'
  | 'SEND_CALLS'
  | 'SENDS_LESS'
  | 'HOP_LIMIT'
  | 'EXPIRES_SOON'
  | 'EXPIRED'
  | 'FILE'
  | 'KEY'
  | 'KEY_EXPOSED'
  | 'SERVER_KEY'
  | 'RECORD'
  | 'ROLE'
  | 'INTERFACE'
  | 'MTU'
  | 'RATE'
  | 'IOTUPD_ZEROS'
  | 'MLD';

/**
 * Longest time between announcements without a warning. Receivers wait 30 s (`DEFAULT_PATIENCE_US`) for the first announcement, so
 * they have three chances: at 10 % loss one receiver in a thousand hears none.
 */
export const LONG_ANNOUNCE_INTERVAL_US = 10e6;

/** Longest burst without a warning. Receivers take a wait of up to 20 ms (`lowQueueUs` of src/rate/deciding/deciding-rules.ts) for no queue. */
const LONG_BURST_US = 20e3;

/**
 * Most bursts a second of one server without a warning. Each is a call of the system, and a server's thread took 14 to 29 µs for one
 * (`npm run bench -- channels`, 1000 channels, a busy machine), 7 of them in the kernel.
 */
const MAX_BURSTS_PER_SECOND = 50_000;

/** Shortest `expires` without a warning: few objects are sent for less than an hour. */
const SHORT_EXPIRY_US = 3600e6;

/** Warnings that follow from the settings alone, on any host. */
export function warningsOf(fleet: Fleet): readonly ConfigWarning[] {
  return [
    ...announcements(fleet),
    ...bursts(fleet),
    ...sendCalls(fleet),
    ...hops(fleet),
    ...files(fleet),
    ...expiries(fleet),
    ...addresses(fleet),
  ];
}

function announcements({ announceIntervalUs }: Fleet): ConfigWarning[] {
  if (announceIntervalUs <= LONG_ANNOUNCE_INTERVAL_US) return [];
  const [interval, longest] = [announceIntervalUs, LONG_ANNOUNCE_INTERVAL_US].map((us) => formatQuantity(DURATION, us));
  const message = `a receiver waits up to ${interval} before it can start, and gives up after ${formatQuantity(DURATION, DEFAULT_PATIENCE_US)} unless told otherwise; use ${longest} or less`;
  return [{ code: 'ANNOUNCE_INTERVAL', path: ['announceInterval'], message }];
}

function bursts({ burstUs, objects }: Fleet): ConfigWarning[] {
  const ownUs = (channels: Fleet['objects'][number]['channels']) =>
    Math.max(0, ...channels.map((channel) => (channel.burstUs === burstUs ? 0 : channel.burstUs)));
  const settings = [
    { path: ['burst'], us: burstUs },
    ...objects.map(({ name, channels }) => ({ path: ['objects', name], us: ownUs(channels) })),
  ];
  return settings
    .filter(({ us }) => us > LONG_BURST_US)
    .map(({ path, us }): ConfigWarning => {
      const [burst, longest] = [us, LONG_BURST_US].map((time) => formatQuantity(DURATION, time));
      const message = `queues on the path have to hold what leaves at once in bursts of ${burst}, and receivers take the wait for congestion; use ${longest} or less`;
      return { code: 'BURST', path, message };
    });
}

/** Many channels that are too fast for a thread because hardly two of their datagrams leave together. */
function sendCalls(fleet: Fleet): ConfigWarning[] {
  return fleet.servers.flatMap((server): ConfigWarning[] => {
    const sendings = sendingsOf(fleet, server);
    const count = Math.round(burstsPerSecond(sendings, 0));
    if (count <= MAX_BURSTS_PER_SECOND) return [];
    const canGather = burstsPerSecond(sendings, LONG_BURST_US) <= MAX_BURSTS_PER_SECOND;
    const advice = canGather
      ? `let more leave at once with a longer "burst", up to ${formatQuantity(DURATION, LONG_BURST_US)}`
      : 'divide the objects among several servers, or send them more slowly';
    const message = `its ${sendings.length} channels need ${count} bursts a second, and a server can send some ${MAX_BURSTS_PER_SECOND}, so their rates would be lower than the file says; ${advice}`;
    const path = fleet.servers.length === 1 ? ['burst'] : ['servers', server.name];
    return [{ code: 'SEND_CALLS', path, message }];
  });
}

function burstsPerSecond(sendings: readonly Sending[], leastBurstUs: number): number {
  return sendings.reduce((sum, { channel: { intervalUs, burstUs } }) => {
    return sum + 1e6 / (intervalUs * burstCount(Math.max(burstUs, leastBurstUs), intervalUs));
  }, 0);
}

function hops({ scope, hopLimit }: Fleet): ConfigWarning[] {
  if (hopLimit !== 0 || scope === 'interface') return [];
  return [{ code: 'HOP_LIMIT', path: ['hopLimit'], message: 'with a hop limit of 0 no packet leaves the host' }];
}

function files({ objects }: Fleet): ConfigWarning[] {
  const owners = new Map<string, string>();
  return objects.flatMap(({ name, filePath, content }): ConfigWarning[] => {
    const owner = owners.get(filePath);
    if (owner === undefined) owners.set(filePath, name);
    const message = `the object ${JSON.stringify(owner)} has the same file; both are sent in full`;
    return owner === undefined
      ? []
      : [{ code: 'SAME_FILE', path: ['objects', name, content === 'tree' ? 'dir' : 'file'], message }];
  });
}

function expiries({ objects }: Fleet): ConfigWarning[] {
  return objects.flatMap(({ name, expiresAfterUs }): ConfigWarning[] => {
    if (expiresAfterUs === undefined || expiresAfterUs >= SHORT_EXPIRY_US) return [];
    const message = `receivers refuse the object ${formatQuantity(DURATION, expiresAfterUs)} after it was signed, also those whose clock is a little ahead`;
    return [{ code: 'EXPIRES_SOON', path: ['objects', name, 'expires'], message }];
  });
}

function addresses({ servers }: Fleet): ConfigWarning[] {
  const owners = new Map<string, string>();
  return servers.flatMap(({ name, address }): ConfigWarning[] => {
    if (address === undefined) return [];
    const owner = owners.get(address);
    if (owner === undefined) owners.set(address, name);
    const message = `the server ${owner} has the same address; receivers cannot tell the two apart`;
    return owner === undefined ? [] : [{ code: 'SAME_ADDRESS', path: ['servers', name, 'address'], message }];
  });
}

/** Maximum number of warnings of one code that are shown; more of them say nothing new. */
const MAX_OF_A_CODE = 10;

/** The first warnings of each code, and how many more there are. */
export function limited(warnings: readonly ConfigWarning[]): readonly ConfigWarning[] {
  const counts = new Map<WarningCode, number>();
  const kept = warnings.filter(({ code }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    return count <= MAX_OF_A_CODE;
  });
  const more = [...counts].filter(([, count]) => count > MAX_OF_A_CODE);
  const rest = more.map(([code, count]): ConfigWarning => {
    return { code, path: [], message: `${count - MAX_OF_A_CODE} more of the kind ${code}` };
  });
  return [...kept, ...rest];
}
