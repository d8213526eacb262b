import type { LinkOptions } from '../net/link.js';
import type { LinkPlan } from '../net/tree.js';
import type { TrafficOptions } from '../tcp/cross-traffic.js';

/**
 * A network, what is sent over it, and what happens to both: plain data with every default filled in. Times are µs from the
 * beginning, rates count whole IPv6 packets.
 */
export interface Scenario {
  readonly seed: string;
  readonly durationUs: number;
  readonly sampleIntervalUs: number;
  readonly object: ScenarioObject;
  readonly servers: readonly ScenarioServer[];
  readonly links: readonly ScenarioLink[];
  readonly receivers: readonly ScenarioReceiver[];
  readonly traffic: readonly TrafficOptions[];
}

/** What is sent: zeros, which cost nothing to code, to carry and to keep, and take as long as anything else. */
export interface ScenarioObject {
  readonly fleet: string;
  readonly object: string;
  readonly sizeBytes: number;
  readonly symbolBytes: number;
  readonly blockSymbols: number;
  readonly code: 'none' | 'raptorq';
  readonly mode: 'several' | 'best';
  readonly ssm: boolean;
  readonly announceIntervalUs: number;
  readonly channels: readonly ScenarioChannel[];
}

export interface ScenarioChannel {
  readonly rateBitsPerSecond: number;
  readonly startRatio: number;
  /** Undefined for the one that follows from the channel's name. */
  readonly group?: string | undefined;
  readonly port?: number | undefined;
}

export interface ScenarioServer {
  readonly name: string;
  /** Undefined is the root, as for all places. */
  readonly below: string | undefined;
  /** From the host to the network. */
  readonly up: LinkOptions;
  readonly address: string;
  readonly startRatio: number;
  /** Indexes; undefined is all. */
  readonly channels: readonly number[] | undefined;
  readonly clockErrorUs: number;
  readonly driftPpm: number;
  readonly startUs: number;
  /** When it loses power; undefined never. */
  readonly stopUs: number | undefined;
}

export interface ScenarioLink extends LinkPlan {
  readonly changes: readonly LinkChange[];
}

export interface LinkChange {
  readonly atUs: number;
  readonly down: LinkOptions;
}

/** What a single receiver and a crowd have in common. */
interface ReceiverBase {
  readonly name: string;
  /** The entry that it comes from, for summaries; several may have come from one. */
  readonly entry: string;
  readonly below: string | undefined;
  readonly clockErrorUs: number;
  readonly driftPpm: number;
  readonly mode: 'auto' | 'best' | 'several';
  readonly channels: readonly number[] | undefined;
  readonly maxRateBitsPerSecond: number | undefined;
}

/** One receiver that runs all of the real code. */
export interface FullReceiverPlan extends ReceiverBase {
  readonly kind: 'full';
  readonly startUs: number;
  readonly diskBytesPerSecond: number | undefined;
  readonly patienceUs: number;
  /** While its interface is down. */
  readonly sleeps: readonly { readonly fromUs: number; readonly toUs: number }[];
  /** Power cuts; its disk is kept. */
  readonly deaths: readonly { readonly atUs: number; readonly riseUs: number | undefined }[];
}

/** Receivers behind one link, which hear the same and so are measured for once; each decides for itself. */
export interface CrowdPlan extends ReceiverBase {
  readonly kind: 'crowd';
  /** One each. */
  readonly startsUs: readonly number[];
}

export type ScenarioReceiver = FullReceiverPlan | CrowdPlan;
