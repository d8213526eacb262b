import { createRequire } from 'node:module';
import { LayercastError } from '../base/errors.js';
import type { Clock, Network } from '../base/ports.js';
import { type BatchKoffi, type BatchSystem, findBatchSystem } from './batched/batch-system.js';
import { batchedNetworkOn } from './batched/batched-network.js';
import { udpNetworkOn } from './portable/udp-network.js';

/** `batch`: many datagrams in one system call (Linux, koffi). `dgram`: one datagram a call (any system). */
export type PortName = 'batch' | 'dgram';

/** Which port this host uses, and why. */
export interface PortChoice {
  readonly port: PortName;
  /** Why the port is not `batch`, as part of a sentence; undefined if it is. */
  readonly whyNotBatch: string | undefined;
  /** What the batched port has to do without here, in words; empty for the other port. */
  readonly lacks: readonly string[];
}

/** The environment variable that forces a port. */
const VARIABLE = 'LAYERCAST_NET';

type Environment = Readonly<Record<string, string | undefined>>;

/** Each function that koffi makes stays in memory, so this is done once for a thread. */
let found: ReturnType<typeof findBatchSystem> | undefined;

/**
 * The sockets of this host: batched where that works, otherwise portable. LAYERCAST_NET=dgram or LAYERCAST_NET=batch forces one.
 *
 * @throws {LayercastError} `USAGE` for another value of LAYERCAST_NET; `NETWORK_UNAVAILABLE` where `batch` is forced and does not work
 */
export function systemNetworkOn(clock: Clock, environment: Environment = process.env): Network {
  const system = systemFor(environment);
  return 'why' in system ? udpNetworkOn(clock) : batchedNetworkOn(clock, system);
}

/**
 * Which port `systemNetworkOn` uses.
 *
 * @throws {LayercastError} as `systemNetworkOn` does
 */
export function portChoice(environment: Environment = process.env): PortChoice {
  const system = systemFor(environment);
  if ('why' in system) return { port: 'dgram', whyNotBatch: system.why, lacks: [] };
  const { canSegment, canCoalesce, hasTimes, hasDrops } = system.features;
  const lacks = [
    canSegment ? undefined : 'sending a batch in one call (UDP_SEGMENT, Linux 4.18)',
    canCoalesce ? undefined : 'receiving datagrams together (UDP_GRO, Linux 5.0)',
    hasTimes ? undefined : 'arrival times of the kernel (SO_TIMESTAMPNS)',
    hasDrops ? undefined : 'the count of dropped datagrams of each socket (SO_RXQ_OVFL)',
  ];
  return { port: 'batch', whyNotBatch: undefined, lacks: lacks.filter((lack) => lack !== undefined) };
}

/**
 * What batched sockets need on this host, or why there are none.
 *
 * @throws {LayercastError} as `systemNetworkOn` does
 */
export function systemFor(environment: Environment): BatchSystem | { readonly why: string } {
  const forced = environment[VARIABLE] || undefined;
  if (forced === 'dgram') return { why: `${VARIABLE} is dgram` };
  if (forced !== undefined && forced !== 'batch') {
    throw new LayercastError('USAGE', `${VARIABLE} is "${forced}", which is no port`, {
      hint: `Set ${VARIABLE} to batch or dgram, or leave it out`,
    });
  }
  found ??= findBatchSystem(requireKoffi);
  if (forced === 'batch' && 'why' in found) {
    throw new LayercastError('NETWORK_UNAVAILABLE', `${VARIABLE} is batch, which does not work here: ${found.why}`, {
      hint: `Leave ${VARIABLE} out; datagrams are then received and sent one by one`,
    });
  }
  return found;
}

/** Not an import, because without the package everything works all the same; and bundlers must not see it. */
function requireKoffi(): BatchKoffi {
  return createRequire(import.meta.url)('koffi') as BatchKoffi;
}
