/**
 * What a simulation tells, one object for each line of `simulate --json` (docs/simulation.md). `atMs` counts from the
 * beginning. A crowd is one receiver whose figures are the mean of its members, or their median where it says so.
 */
export type SimulationEvent =
  | DescribedEvent
  | MembershipChange
  | ReceiverSample
  | ReceiverEnd
  | MemberEnd
  | ReceiverWarning
  | LinkSample
  | FlowSample
  | SummaryEvent;

/** The first line: what is sent. */
export interface DescribedEvent {
  readonly event: 'descriptor';
  readonly atMs: number;
  readonly fleet: string;
  readonly object: string;
  readonly version: number;
  readonly bytes: number;
  readonly symbolBytes: number;
  readonly blockCount: number;
  readonly mode: 'several' | 'best';
  readonly channels: readonly { readonly channel: number; readonly group: string; readonly intervalUs: number }[];
  readonly servers: readonly string[];
}

/** Of single receivers only. */
export interface MembershipChange {
  readonly event: 'join' | 'leave';
  readonly atMs: number;
  readonly receiver: string;
  /** Null for a join that hears any server. */
  readonly server: string | null;
  readonly channel: number;
  readonly group: string;
  readonly reason: string;
}

export interface ReceiverSample {
  readonly event: 'progress';
  readonly atMs: number;
  readonly receiver: string;
  readonly bytes: number;
  readonly totalBytes: number;
  /** Whole packets since the last sample. */
  readonly rateBitsPerSecond: number;
  /** Since the last sample, of what was joined. */
  readonly lossRatio: number;
  /** Highest channel joined, −1 for none; of a crowd the median. */
  readonly level: number;
  readonly levelRateBitsPerSecond: number;
  /** As the receiver measures it; null when it does not. */
  readonly queueMs: number | null;
  readonly capacityBitsPerSecond: number | null;
  /** Of crowds: members listening now, complete so far, and the range of their levels. */
  readonly listening?: number;
  readonly complete?: number;
  readonly levelMin?: number;
  readonly levelMax?: number;
}

/** One of a crowd is complete; the crowd is (`complete`) when its last is. */
export interface MemberEnd {
  readonly event: 'memberComplete';
  readonly atMs: number;
  readonly receiver: string;
  /** From 1. */
  readonly member: number;
  readonly elapsedMs: number;
}

/** `complete`, or what the receiver ended with. */
export interface ReceiverEnd {
  readonly event: 'complete' | 'failure';
  readonly atMs: number;
  readonly receiver: string;
  /** Since it started; of a crowd since its first did. */
  readonly elapsedMs: number;
  readonly bytes: number;
  /** Symbols heard ÷ symbols of the object − 1; of `complete`. */
  readonly overhead?: number;
  /** Of `failure`. */
  readonly code?: string;
  readonly message?: string;
}

export interface ReceiverWarning {
  readonly event: 'warning';
  readonly atMs: number;
  readonly receiver: string;
  readonly code: string;
  readonly message: string;
}

/** One direction of a link since the last sample. */
export interface LinkSample {
  readonly event: 'link';
  readonly atMs: number;
  readonly link: string;
  readonly rateBitsPerSecond: number;
  /** Null without a limit. */
  readonly capacityBitsPerSecond: number | null;
  readonly queueMs: number;
  /** Lost on the way, or dropped for want of room. */
  readonly lossRatio: number;
}

export interface FlowSample {
  readonly event: 'flow';
  readonly atMs: number;
  readonly flow: string;
  /** Whole packets that arrived. */
  readonly rateBitsPerSecond: number;
}

/** The last line. */
export interface SummaryEvent {
  readonly event: 'summary';
  readonly atMs: number;
  readonly seed: string;
  /** 16 hexadecimal digits over everything that happened: two runs with the same digest are the same. */
  readonly digest: string;
  readonly receivers: readonly ReceiverSummary[];
  readonly links: readonly LinkSummary[];
  readonly flows: readonly FlowSummary[];
}

/** One entry of the scenario: a receiver, or all members of its crowds. */
export interface ReceiverSummary {
  readonly receiver: string;
  readonly count: number;
  readonly completeCount: number;
  readonly failedCount: number;
  /** From start to completion, of those that are complete; null when none is. */
  readonly completionMs: Spread | null;
  /** Share of the object that is there (0–1). */
  readonly progress: Spread;
  /** Mean level over the time in which it listened, counted from 1; 0 is none. */
  readonly level: Spread;
  /** Mean over the same time. */
  readonly rateBitsPerSecond: Spread;
  /** Mean rate ÷ the least rate of the links above, over the same time; null where no link has one. */
  readonly share: Spread | null;
  readonly lossRatio: Spread;
}

/** Of several receivers; all three are the same for one. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface LinkSummary {
  readonly link: string;
  readonly rateBitsPerSecond: number;
  /** In the mean; null where it had no limit at some time. */
  readonly capacityBitsPerSecond: number | null;
  /** Carried ÷ what its rate allowed, over all the time; null without a limit. */
  readonly use: number | null;
  readonly lossRatio: number;
}

export interface FlowSummary {
  readonly flow: string;
  /** From its start to its stop. */
  readonly rateBitsPerSecond: number;
  readonly lossRatio: number;
}
