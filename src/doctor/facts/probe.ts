import { setTimeout as pauseFor } from 'node:timers/promises';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { HEADER_BYTES } from '../../base/limits.js';
import type { Network } from '../../base/ports.js';
import type { MldFacts, ProbeFacts, ProbeFault } from '../host-facts.js';
import { type MldCounts, mldCounts } from './mld-counts.js';

/** Enough that losing some and losing all are told apart, and few enough for any buffer. */
const DATAGRAM_COUNT = 8;
/** Datagrams that stay on the host come back within a millisecond; a busy host may take longer. */
const PATIENCE_MS = 1_000;
/** A report follows a join within a random time of up to one second (RFC 3810, section 9.11). */
const REPORT_MS = 1_500;
const LOOK_MS = 20;

export interface ProbeRequest {
  readonly interface: string;
  readonly group: string;
  readonly port: number;
  readonly symbolBytes: number;
  /** How long to listen for MLD queries, in milliseconds; 0: only what the interface has heard so far counts. */
  readonly listenMs: number;
  /** The hint of an error, with options as readers of the findings write them. */
  readonly hintOf: (error: LayercastError) => string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Joins a group on an interface and sends full datagrams to it, with hop limit 0: the system loops them back to this host, past its
 * firewall, and lets none of them leave. The join itself makes the host send MLD reports, as any join does.
 */
export async function probe(network: Network, request: ProbeRequest): Promise<ProbeFacts> {
  const { interface: name, group, port, signal } = request;
  const before = await mldCounts(name);
  const said = { group, port, sentCount: 0, heardCount: 0, joinFault: undefined, sendFault: undefined, mld: undefined };
  let heardCount = 0;
  try {
    const membership = await network.join({ group, port, interface: name, sources: [] }, (batch) => {
      for (let i = 0; i < batch.count; i++) {
        heardCount += Math.ceil((batch.lengths[i] ?? 0) / Math.max(1, batch.segmentBytes[i] ?? 0));
      }
    });
    try {
      const sending = await send(network, request);
      await until(() => heardCount >= sending.sentCount, PATIENCE_MS, signal);
      const mld = before === undefined ? undefined : await mldSince(before, request);
      return { ...said, ...sending, heardCount: Math.min(heardCount, sending.sentCount), mld };
    } finally {
      await membership.leave();
    }
  } catch (error) {
    return { ...said, joinFault: faultOf(error, request) };
  }
}

async function send(network: Network, request: ProbeRequest): Promise<Pick<ProbeFacts, 'sentCount' | 'sendFault'>> {
  const { interface: name, group, port, symbolBytes } = request;
  const destination = { group, port, interface: name, source: undefined, hopLimit: 0, dscp: 0 };
  try {
    const socket = await network.openSender(destination);
    try {
      const datagramBytes = HEADER_BYTES + symbolBytes;
      const bytes = new Uint8Array(DATAGRAM_COUNT * datagramBytes);
      const { sentCount, failure } = await socket.send({ count: DATAGRAM_COUNT, bytes, datagramBytes });
      if (failure === undefined) return { sentCount, sendFault: undefined };
      return {
        sentCount,
        sendFault: { errno: failure, message: `the system refuses to send (${failure})`, hint: undefined },
      };
    } finally {
      socket.close();
    }
  } catch (error) {
    return { sentCount: 0, sendFault: faultOf(error, request) };
  }
}

async function mldSince(before: MldCounts, { interface: name, listenMs, signal }: ProbeRequest): Promise<MldFacts> {
  let now = before;
  const since = () => ({
    queryCount: now.queryCount - (listenMs === 0 ? 0 : before.queryCount),
    v1ReportCount: now.v1ReportCount - before.v1ReportCount,
    v2ReportCount: now.v2ReportCount - before.v2ReportCount,
    listenedMs: listenMs,
  });
  const look = async () => {
    now = (await mldCounts(name)) ?? now;
  };
  await until(() => since().v1ReportCount + since().v2ReportCount > 0, REPORT_MS, signal, look);
  await until(() => since().queryCount > 0, listenMs, signal, look);
  return since();
}

/** Looks again and again until something holds, for a time at most. */
async function until(
  holds: () => boolean,
  limitMs: number,
  signal: AbortSignal,
  look: () => Promise<void> = async () => undefined,
): Promise<void> {
  const endMs = performance.now() + limitMs;
  await look();
  while (!holds() && performance.now() < endMs) {
    await pauseFor(LOOK_MS, undefined, { signal });
    await look();
  }
}

function faultOf(error: unknown, { hintOf }: ProbeRequest): ProbeFault {
  const cause = error instanceof Error ? error.cause : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { errno: errnoOf(cause), message, hint: error instanceof LayercastError ? hintOf(error) : undefined };
}
