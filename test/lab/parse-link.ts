import { parseArgs } from 'node:util';
import { LayercastError } from '../../dist/base/errors.js';
import { LEAST_QUEUE_BYTES } from '../../dist/simulate/net/link-options.js';
import { mostLostIn } from '../../dist/simulate/net/loss.js';
import { parseBytes, parseMs, parseRate, parseRatio } from './amounts.js';
import type { LabLink } from './lab-link.js';
import { readTrace } from './relay/discipline-for.js';
import type { RelayLoss, RelayService } from './relay/relay-options.js';

/** A link that somebody wants to try. */
export interface Trial {
  readonly link: LabLink;
  /** Mean of what the link can carry. */
  readonly rateBitsPerSecond: number;
  readonly leave: 'fast' | 'slow';
  /** Time that the object takes at the rate of the link. */
  readonly seconds: number;
}

interface Amounts {
  readonly rate: string;
  readonly burst: string;
  readonly period: string;
  readonly target: string;
  readonly trace?: string | undefined;
}

const services: Readonly<Record<string, (given: Amounts) => RelayService>> = {
  policer: ({ rate, burst }) => ({
    kind: 'policer',
    rateBitsPerSecond: parseRate(rate),
    burstBytes: parseBurst(burst),
  }),
  fqCodel: ({ rate, target }) => ({
    kind: 'fqCodel',
    rateBitsPerSecond: parseRate(rate),
    targetMs: parsePeriod('target', target),
  }),
  beacons: ({ rate, period }) => ({
    kind: 'beacons',
    rateBitsPerSecond: parseRate(rate),
    periodMs: parsePeriod('period', period),
  }),
  bursts: ({ rate, period }) => ({
    kind: 'bursts',
    rateBitsPerSecond: parseRate(rate),
    periodMs: parsePeriod('period', period),
  }),
  trace: ({ trace }) => {
    if (trace !== undefined) return { kind: 'trace', file: trace };
    throw new LayercastError('USAGE', 'no trace is named', { hint: 'npm run lab -- link trace --trace FILE' });
  },
};

/** Settings of every link. */
const common = ['queue', 'leave', 'seconds'];
/** What only a relay can do. */
const relayed = ['loss', 'loss-burst', 'delay'];
/** Settings of each kind of link beside the common ones. */
const settingsOf: Readonly<Record<string, readonly string[]>> = {
  serial: ['rate'],
  tbf: ['rate', 'burst'],
  policer: ['rate', 'burst', ...relayed],
  fqCodel: ['rate', 'target', ...relayed],
  beacons: ['rate', 'period', ...relayed],
  bursts: ['rate', 'period', ...relayed],
  trace: ['trace', ...relayed],
};
/** The object lies in memory for a moment. */
const maxObjectBytes = 1e9;
const leastRate = 1000;

/** Reads the arguments of `npm run lab -- link`. @throws LayercastError `USAGE`; the system's reason why a trace cannot be read */
export function parseLink(given: readonly string[]): Trial {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      rate: text,
      burst: text,
      queue: text,
      period: text,
      target: text,
      trace: text,
      loss: text,
      'loss-burst': text,
      delay: text,
      leave: text,
      seconds: text,
    },
  });
  const [kind = '', ...words] = positionals;
  requireSettings(kind, Object.keys(values), words);
  const { rate = '5Mbit', burst = '16kB', period = '102.4ms', target = '5ms', trace, leave = 'slow' } = values;
  if (leave !== 'slow' && leave !== 'fast')
    throw new LayercastError('USAGE', `--leave ${leave} is neither slow nor fast`);
  const seconds = Number(values.seconds ?? 20);
  if (!(seconds > 0 && seconds <= 300)) {
    throw new LayercastError('USAGE', `--seconds ${values.seconds} is no length of a trial`, { hint: 'up to 300' });
  }
  const loss = lossOf(values.loss ?? '0%', values['loss-burst'] ?? '1');
  const queueMs = parseMs(values.queue ?? '100ms');
  if (kind === 'serial' || kind === 'tbf') {
    const rateBitsPerSecond = parseRate(rate);
    const shape = { rateBitsPerSecond, queueMs };
    const link: LabLink = kind === 'tbf' ? { kind, ...shape, burstBytes: parseBurst(burst) } : { kind, ...shape };
    return checked({ link, rateBitsPerSecond, leave, seconds });
  }
  const service = services[kind]!({ rate, burst, period, target, trace });
  const rateBitsPerSecond =
    service.kind === 'trace' ? readTrace(service.file).meanBitsPerSecond : service.rateBitsPerSecond;
  const link: LabLink = {
    kind: 'relay',
    service,
    queueBytes: Math.max(LEAST_QUEUE_BYTES, Math.round((rateBitsPerSecond * queueMs) / 8000)),
    loss,
    delayMs: parseMs(values.delay ?? '0ms'),
  };
  return checked({ link, rateBitsPerSecond, leave, seconds });
}

/** @throws LayercastError `USAGE` for an unknown kind, and for settings that such a link does not have */
function requireSettings(kind: string, given: readonly string[], words: readonly string[]): void {
  if (!Object.hasOwn(settingsOf, kind)) {
    throw new LayercastError('USAGE', `no kind of link is called "${kind}"`, {
      hint: `one of ${Object.keys(settingsOf).join(', ')}`,
    });
  }
  const known = [...settingsOf[kind]!, ...common];
  const hint = `its settings: ${known.map((name) => `--${name}`).join(', ')}`;
  const [word] = words;
  if (word !== undefined) throw new LayercastError('USAGE', `"${word}" is no setting of a link`, { hint });
  const other = given.find((name) => !known.includes(name));
  if (other !== undefined) throw new LayercastError('USAGE', `a link of kind ${kind} has no --${other}`, { hint });
}

function lossOf(share: string, burst: string): RelayLoss {
  const burstPackets = Number(burst);
  if (!(burstPackets >= 1 && burstPackets <= 10_000)) {
    throw new LayercastError('USAGE', `--loss-burst ${burst} is no number of packets`, { hint: 'from 1 to 10000' });
  }
  const ratio = parseRatio(share);
  if (burstPackets > 1 && ratio > mostLostIn(burstPackets)) {
    throw new LayercastError(
      'USAGE',
      `--loss ${share} is too much for bursts of ${burst}, between which packets arrive`,
      {
        hint: `at most ${Math.floor(100 * mostLostIn(burstPackets))}%, or longer bursts`,
      },
    );
  }
  return { ratio, burstPackets };
}

function parseBurst(text: string): number {
  const bytes = parseBytes(text);
  if (bytes >= LEAST_QUEUE_BYTES) return bytes;
  throw new LayercastError('USAGE', `--burst ${text} is smaller than a packet`, { hint: `from ${LEAST_QUEUE_BYTES}B` });
}

function parsePeriod(option: string, text: string): number {
  const ms = parseMs(text);
  if (ms >= 0.1 && ms <= 60_000) return ms;
  throw new LayercastError('USAGE', `--${option} ${text} is out of bounds`, { hint: 'from 0.1ms to 60s' });
}

function checked(trial: Trial): Trial {
  const { rateBitsPerSecond, seconds } = trial;
  if (rateBitsPerSecond < leastRate) {
    throw new LayercastError('USAGE', `a rate of ${rateBitsPerSecond} bit/s is too low for a trial`, {
      hint: 'from 1kbit',
    });
  }
  const bytes = (rateBitsPerSecond * seconds) / 8;
  if (bytes <= maxObjectBytes) return trial;
  const what = `${seconds} s at ${rateBitsPerSecond / 1e6} Mbit/s are an object of ${Math.round(bytes / 1e6)} MB`;
  throw new LayercastError('USAGE', what, { hint: 'at most 1000 MB: fewer --seconds' });
}
