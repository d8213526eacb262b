/** What the page shows of a process. It is told once a second, whole: a page that has missed one needs no other. Times are milliseconds since 1970-01-01. */
export interface LiveState extends ViewState {
  readonly version: string;
  readonly atMs: number;
  /** Why the work does not go on; missing if it does. */
  readonly fault?: string | undefined;
  /** Processor seconds of the process, of all threads. */
  readonly cpuS: number;
  readonly memoryBytes: number;
}

export type PageRole = 'server' | 'receiver' | 'agent' | 'gateway' | 'manager';

/** What the role of a process adds: the sections of the page that it has. */
export interface ViewState {
  /** Of the server, or of the fleet. */
  readonly name: string;
  readonly sending?: Sending | undefined;
  readonly transfers?: readonly TransferState[] | undefined;
  readonly kept?: Kept | undefined;
  readonly clients?: Clients | undefined;
  /** The last warnings and refusals, the oldest first. */
  readonly notes: readonly Note[];
}

/** Something to know, at its time. */
export interface Note {
  readonly atMs: number;
  readonly text: string;
}

/** What a server has on the air. */
export interface Sending {
  readonly objects: readonly SentObject[];
  /** Objects that the page leaves out. */
  readonly hiddenCount: number;
  /** Files that are hashed or encoded, with the share that is done. */
  readonly preparing: readonly { readonly object: string; readonly share: number }[];
}

export interface SentObject {
  readonly object: string;
  readonly version: number;
  readonly bytes?: number | undefined;
  readonly channels: readonly SentChannel[];
}

export interface SentChannel {
  readonly channel: number;
  /** By the fleet file. */
  readonly rateBitsPerSecond?: number | undefined;
  /** Since the version went on the air. */
  readonly datagrams: number;
  readonly bytes: number;
  readonly refusedDatagrams: number;
  readonly skippedDatagrams: number;
  readonly pausedFor: readonly string[];
  /** Whether the system refuses its datagrams now. */
  readonly isFailing: boolean;
}

/** One object that is received, or was. */
export interface TransferState {
  readonly object: string;
  readonly version?: number | undefined;
  readonly isComplete: boolean;
  /** Of the newest progress; missing before the first. */
  readonly progress?: Progress | undefined;
  /** The last ones, the oldest first. */
  readonly decisions: readonly Decision[];
}

export interface Progress {
  readonly atMs: number;
  readonly bytes: number;
  readonly totalBytes: number;
  readonly rateBitsPerSecond: number;
  readonly levelRateBitsPerSecond: number;
  /** Missing until measured. */
  readonly capacityBitsPerSecond?: number | undefined;
  readonly lossRatio: number;
  readonly queueMs: number;
  readonly level: number;
  readonly levelCount: number;
  readonly etaMs?: number | undefined;
  readonly servers: readonly string[];
  /** Indexes of the joined channels. */
  readonly channels: readonly number[];
  /** Share that is there of each of equal stretches of the object. */
  readonly map: readonly number[];
}

/** A change of the joined channels, with its reason. */
export interface Decision {
  readonly atMs: number;
  readonly kind: 'join' | 'leave';
  readonly channels: readonly number[];
  readonly reason: string;
  /** The numbers that the reason compared, by names that end with their units; undefined if it compared nothing. */
  readonly compared?: Readonly<Record<string, number>> | undefined;
}

/** Columns of what is kept of a transfer over time; null where nothing was measured. */
export interface History {
  readonly atMs: readonly number[];
  readonly level: readonly number[];
  readonly rate: readonly number[];
  readonly levelRate: readonly number[];
  readonly capacity: readonly (number | null)[];
  readonly queueMs: readonly number[];
  readonly loss: readonly number[];
}

/** What a page is told once, when it begins: the time before it. */
export interface Past {
  readonly histories: Readonly<Record<string, History>>;
}

/** Objects that an agent or a gateway keeps. */
export interface Kept {
  readonly objects: readonly KeptObject[];
  readonly hiddenCount: number;
}

export interface KeptObject {
  readonly object: string;
  readonly version: number;
  readonly state: string;
  readonly bytes: number;
  readonly appliedVersion?: number | undefined;
  readonly message?: string | undefined;
}

/** Clients of a gateway. */
export interface Clients {
  readonly urls: readonly string[];
  readonly waitingCount: number;
  readonly protocols: readonly {
    readonly protocol: string;
    /** By the class of the answer: `2xx`. */
    readonly answers: Readonly<Record<string, number>>;
    readonly bodyBytes: number;
    readonly refusedCount: number;
  }[];
}

/** Objects, versions or files that a page shows at once: more are counted. 200 rows are 20 kB a second. */
export const MAX_ROWS = 200;
/** Measurements that are kept of a transfer, one a second: ten minutes are what a person compares, and take 34 kB. */
export const HISTORY_COUNT = 600;
