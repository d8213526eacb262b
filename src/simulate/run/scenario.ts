import type { Caution } from '../../rate/rules.js';
import type { LinkOptions, LinkSettings } from '../net/link-options.js';
import type { LinkPlan } from '../net/tree.js';
import type { TrafficOptions } from '../tcp/cross-traffic.js';

/**
 * A network, what is sent over it, and what happens to both: plain data with all defaults filled in. Times are in µs from
 * the beginning; rates count whole IPv6 packets.
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

/**
 * The object that is sent: zeros, which cost nothing to code, carry and keep, and take as long to send as any other object.
 */
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
  /** Longest time of its rate that leaves at once. @default 1 ms */
  readonly burstUs?: number | undefined;
  /** Undefined: derived from the channel's name. */
  readonly group?: string | undefined;
  readonly port?: number | undefined;
}

export interface ScenarioServer {
  readonly name: string;
  /** Name of the link that the server is behind; undefined: at the root. */
  readonly below: string | undefined;
  /** The server's own link, towards the network. */
  readonly up: LinkOptions;
  readonly address: string;
  readonly startRatio: number;
  /** Indexes of the channels that it sends; undefined: all. */
  readonly channels: readonly number[] | undefined;
  readonly clockErrorUs: number;
  readonly driftPpm: number;
  readonly startUs: number;
  /** When it loses power for ever; undefined: never. */
  readonly stopUs: number | undefined;
  /** Power cuts, each with the time when it begins to send again (undefined: never). */
  readonly deaths?: readonly PowerCut[];
}

export interface PowerCut {
  readonly atUs: number;
  readonly riseUs: number | undefined;
}

export interface ScenarioLink extends LinkPlan {
  readonly changes: readonly LinkChange[];
}

export interface LinkChange {
  readonly atUs: number;
  readonly down: LinkSettings;
}

/** What full receivers and crowds have in common. */
interface ReceiverBase {
  readonly name: string;
  /** Name of the entry in the scenario file, for summaries. One entry may make several receivers. */
  readonly entry: string;
  readonly below: string | undefined;
  readonly clockErrorUs: number;
  readonly driftPpm: number;
  readonly mode: 'auto' | 'best' | 'several';
  readonly channels: readonly number[] | undefined;
  readonly maxRateBitsPerSecond: number | undefined;
  /** @default normal */
  readonly caution?: Caution | undefined;
}

/** A receiver that runs all of the real code. */
export interface FullReceiverPlan extends ReceiverBase {
  readonly kind: 'full';
  readonly startUs: number;
  readonly diskBytesPerSecond: number | undefined;
  readonly patienceUs: number;
  /** Times in which the receiver's interface is down. */
  readonly sleeps: readonly { readonly fromUs: number; readonly toUs: number }[];
  /** Power cuts, each with the time when the receiver starts again with the same disk (undefined: never). */
  readonly deaths: readonly PowerCut[];
}

/**
 * Receivers behind one link. The same datagrams arrive at all of them, so they are measured once; each receiver decides for
 * itself.
 */
export interface CrowdPlan extends ReceiverBase {
  readonly kind: 'crowd';
  /** Start of each receiver. */
  readonly startsUs: readonly number[];
  /** Means of the random times for which a member is awake and asleep in turn; undefined: always awake. */
  readonly dutyCycle?: { readonly awakeUs: number; readonly asleepUs: number } | undefined;
}

export type ScenarioReceiver = FullReceiverPlan | CrowdPlan;
