import { parseArgs } from 'node:util';
import { LayercastError } from '../../dist/base/errors.js';
import { parseBytes, parseMs, parseRate, parseRatio } from './amounts.js';
import type { LabLink } from './lab-link.js';
import { readTrace } from './relay/discipline-for.js';
import type { RelayService } from './relay/relay-options.js';

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

const kernelKinds = ['serial', 'tbf'] as const;
const services: Readonly<Record<string, (given: Amounts) => RelayService>> = {
  policer: ({ rate, burst }) => ({
    kind: 'policer',
    rateBitsPerSecond: parseRate(rate),
    burstBytes: parseBytes(burst),
  }),
  fqCodel: ({ rate, target }) => ({ kind: 'fqCodel', rateBitsPerSecond: parseRate(rate), targetMs: parseMs(target) }),
  beacons: ({ rate, period }) => ({ kind: 'beacons', rateBitsPerSecond: parseRate(rate), periodMs: parseMs(period) }),
  bursts: ({ rate, period }) => ({ kind: 'bursts', rateBitsPerSecond: parseRate(rate), periodMs: parseMs(period) }),
  trace: ({ trace }) => {
    if (trace !== undefined) return { kind: 'trace', file: trace };
    throw new LayercastError('USAGE', 'no trace is named', { hint: 'npm run lab -- link trace --trace FILE' });
  },
};

/** Reads the arguments of `npm run lab -- link`. @throws LayercastError `USAGE` */
export function parseLink(given: readonly string[]): Trial {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      rate: { ...text, default: '5Mbit' },
      burst: { ...text, default: '16kB' },
      queue: { ...text, default: '100ms' },
      period: { ...text, default: '102.4ms' },
      target: { ...text, default: '5ms' },
      trace: text,
      loss: { ...text, default: '0%' },
      'loss-burst': { ...text, default: '1' },
      delay: { ...text, default: '0ms' },
      leave: { ...text, default: 'slow' },
      seconds: { ...text, default: '20' },
    },
  });
  const [kind = ''] = positionals;
  const { leave } = values;
  if (leave !== 'slow' && leave !== 'fast')
    throw new LayercastError('USAGE', `--leave ${leave} is neither slow nor fast`);
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= 300)) {
    throw new LayercastError('USAGE', `--seconds ${values.seconds} is no length of a trial`, { hint: 'up to 300' });
  }
  const burstPackets = Number(values['loss-burst']);
  if (!(burstPackets >= 1)) {
    throw new LayercastError('USAGE', `--loss-burst ${values['loss-burst']} is no number of packets`, {
      hint: '1 or more',
    });
  }
  const queueMs = parseMs(values.queue);
  if (kind === 'serial' || kind === 'tbf') {
    const rateBitsPerSecond = parseRate(values.rate);
    const shape = { rateBitsPerSecond, queueMs };
    const link: LabLink =
      kind === 'tbf' ? { kind, ...shape, burstBytes: parseBytes(values.burst) } : { kind, ...shape };
    return { link, rateBitsPerSecond, leave, seconds };
  }
  const serviceOf = services[kind];
  if (serviceOf === undefined) {
    throw new LayercastError('USAGE', `no kind of link is called "${kind}"`, {
      hint: `one of ${[...kernelKinds, ...Object.keys(services)].join(', ')}`,
    });
  }
  const service = serviceOf(values);
  const rateBitsPerSecond =
    service.kind === 'trace' ? readTrace(service.file).meanBitsPerSecond : service.rateBitsPerSecond;
  const link: LabLink = {
    kind: 'relay',
    service,
    queueBytes: Math.round((rateBitsPerSecond * queueMs) / 8000),
    loss: { ratio: parseRatio(values.loss), burstPackets },
    delayMs: parseMs(values.delay),
  };
  return { link, rateBitsPerSecond, leave, seconds };
}
