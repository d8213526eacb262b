import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { TracedService } from '../../dist/simulate/net/discipline/traced-service.js';
import type { LabLink } from '../../test/lab/lab-link.js';
import { madeTrace } from '../../test/lab/made-trace.js';
import { readTrace } from '../../test/lab/relay/discipline-for.js';
import type { RelayOptions } from '../../test/lab/relay/relay-options.js';

/** A link of row i. */
export interface Kind {
  /** Letters, digits, hyphens, dots. */
  readonly name: string;
  readonly link: LabLink;
  /** Mean of what the link can carry in a time since its first packet, whole IPv6 packets. */
  readonly capacityBitsPerSecond: (seconds: number) => number;
  /** The longest that a receiver may take, in ideal times; after that it counts what is there. */
  readonly patienceRatio: number;
}

const queueMs = 100;
/** Beacons and traces need queues that are long at the mean rate: those of access points and base stations hold hundreds of ms. */
const beaconQueueBytes = 250_000;
const traceQueueMs = 260;
const traceQueueBytes = { least: 60_000, most: 150_000 };
const madeSeconds = 120;
const dtimMs = 102.4;

/**
 * All links of row i.
 *
 * @param rates of those that have one in their name
 * @param traces files; made up where there are none
 */
export function allKinds(rates: readonly number[], traces: readonly string[] = madeTraces()): readonly Kind[] {
  const atRates = (name: string, linkOf: (rateBitsPerSecond: number) => LabLink) =>
    rates.map((rate) => steady(`${name}-${rate / 1e6}M`, rate, linkOf(rate)));
  return [
    ...atRates('serial', (rateBitsPerSecond) => ({ kind: 'serial', rateBitsPerSecond, queueMs })),
    ...[16, 64].flatMap((kilobytes) =>
      atRates(`tbf-${kilobytes}kB`, (rateBitsPerSecond) => {
        return { kind: 'tbf', rateBitsPerSecond, burstBytes: kilobytes * 1000, queueMs };
      }),
    ),
    ...atRates('policer-16kB', (rateBitsPerSecond) =>
      relayed({ service: { kind: 'policer', rateBitsPerSecond, burstBytes: 16_000 } }),
    ),
    ...[5e6].map((rateBitsPerSecond) => {
      const service = { kind: 'fqCodel', rateBitsPerSecond, targetMs: 20 } as const;
      return steady('fqCodel-5M', rateBitsPerSecond, relayed({ service, queueBytes: 1e6 }));
    }),
    ...[1, 3].map((dtim) => {
      const service = { kind: 'beacons', rateBitsPerSecond: 6e6, periodMs: dtim * dtimMs } as const;
      return steady(`beacons-${Math.floor(dtim * dtimMs)}ms`, 6e6, relayed({ service, queueBytes: beaconQueueBytes }));
    }),
    bursts('bursts-10ms', 10, 5e6, {}),
    bursts('bursts-4ms-lossy', 4, 20e6, { loss: { ratio: 0.05, burstPackets: 5 } }),
    ...traces.map(traced),
  ];
}

function bursts(name: string, periodMs: number, rate: number, more: Pick<RelayOptions, 'loss'>): Kind {
  const service = { kind: 'bursts', rateBitsPerSecond: rate, periodMs } as const;
  return steady(name, rate, relayed({ service, queueBytes: (rate * queueMs) / 8000, ...more }));
}

function steady(name: string, rateBitsPerSecond: number, link: LabLink): Kind {
  return { name, link, capacityBitsPerSecond: () => rateBitsPerSecond, patienceRatio: 3 };
}

/** On a link that breathes, a later time is another link: TCP and receiver get the same seconds of the trace. */
function traced(file: string): Kind {
  const trace = readTrace(file);
  const { least, most } = traceQueueBytes;
  const queueBytes = Math.min(most, Math.max(least, (trace.meanBitsPerSecond * traceQueueMs) / 8000));
  const capacity = new TracedService(trace, 0);
  return {
    name: `trace-${basename(file).replaceAll('_', '-')}`,
    link: relayed({ service: { kind: 'trace', file }, queueBytes: Math.round(queueBytes) }),
    capacityBitsPerSecond: (seconds) => capacity.capacityBits(0, seconds * 1e6) / seconds,
    patienceRatio: 1,
  };
}

/** Files with traces that are made up, until this process ends: the means are those of recorded LTE, UMTS and EVDO links. */
function madeTraces(): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'layercast-traces-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return [4.6e6, 2e6, 0.5e6].map((meanBitsPerSecond, index) => {
    const file = join(folder, `made-${meanBitsPerSecond / 1e6}M`);
    const times = madeTrace({ seed: index + 1, meanBitsPerSecond, seconds: madeSeconds });
    writeFileSync(file, `${times.join('\n')}\n`);
    return file;
  });
}

function relayed(options: RelayOptions): LabLink {
  return { kind: 'relay', ...options };
}
