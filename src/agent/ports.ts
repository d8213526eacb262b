import type { EventEmitter } from 'eventemitter3';
import type { Clock } from '../base/ports.js';
import type { OutputTarget } from '../options/output-target.js';
import type { WarningEvent } from '../receiver/events.js';
import type { Finding } from '../receiver/watch/findings.js';
import type { Watch } from '../receiver/watch/watch.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { AgentEvents } from './events.js';
import type { HeldVersion, ObjectRecord } from './object-record.js';

/** What to do with objects of one name or pattern. */
export interface ObjectPlan {
  readonly object: string;
  /** Where versions go; in a path `{object}` stands for the name of the object. */
  readonly output: OutputTarget;
  /** Files with older versions, to take equal parts from; `{object}` as in `output`. */
  readonly seeds?: readonly string[] | undefined;
  /** URLs of the file, to ask for what multicast does not bring; `{object}` as in `output`. */
  readonly fill?: readonly string[] | undefined;
  /** The file with the content key, if the object may be encrypted. */
  readonly contentKey?: string | undefined;
  /** The program that takes a version over; `{file}` stands for the file. */
  readonly run: readonly string[] | undefined;
  readonly timeoutUs: number;
}

/** What an agent needs from outside: time, chance, its journal, the network, and the programs of the device. */
export interface AgentWorld {
  readonly clock: Clock;
  /** From 0 to 1, without 1. */
  readonly random: () => number;
  readonly journal: AgentJournal;
  /**
   * Joins the group where the fleet announces its objects. Each wake has a watch of its own.
   *
   * @param lowestVersionOf versions of an object below this one are refused
   */
  readonly openWatch: (lowestVersionOf: (object: string) => number) => Promise<AgentWatch>;
  /** The warning for a version that would be of no use here, and is not received. Absent: there are none. */
  readonly uselessnessOf?: ((descriptor: Descriptor) => WarningEvent | undefined) | undefined;
  readonly receive: (request: ReceiveRequest) => RunningPursuit;
  /** Removes the file of an object that is forgotten, and what was received of a newer version. Absent: objects are never forgotten. */
  readonly discard?: ((object: string, path: string) => Promise<void>) | undefined;
  /**
   * Whether the file still has exactly the bytes of the version; a version without a file was taken when its command ended.
   *
   * @param contentKey as in `ObjectPlan`
   */
  readonly holds: (held: HeldVersion, contentKey: string | undefined) => Promise<boolean>;
  readonly runProgram: (request: ProgramRequest) => RunningProgram;
  readonly emit: EventEmitter<AgentEvents>['emit'];
}

/** Keeps the records of objects over power cuts. */
export interface AgentJournal {
  load(): Promise<readonly ObjectRecord[]>;
  /** Resolves when the record is on disk. Records are saved one at a time for each object. */
  save(record: ObjectRecord): Promise<void>;
}

/** The part of `Watch` that an agent uses. */
export interface AgentWatch
  extends AsyncIterable<Finding>,
    Pick<Watch, 'close' | 'isWaiting' | 'heardUs' | 'announceIntervalUs' | 'hear'> {
  /** Whether something may still come by another way than announcements, for which a wake waits. Absent: nothing. */
  readonly isExpecting?: boolean;
}

export interface ReceiveRequest {
  readonly descriptor: Descriptor;
  readonly output: OutputTarget;
  readonly seeds: readonly string[];
  readonly fill: readonly string[];
  readonly contentKey: string | undefined;
  /** Undefined: no limit. */
  readonly maxRateBitsPerSecond: number | undefined;
  /** Hears the records that arrive between the object's symbols. */
  readonly watch: AgentWatch;
}

/** The pursuit of an object's newest version, which brings it to its place. */
export interface RunningPursuit {
  /** Resolves when the version is whole, verified, on disk, and has its name. Rejects with the error of `stop`, or with its own. */
  readonly done: Promise<HeldVersion>;
  /** Bytes of whole packets that were received. */
  readonly packetBytes: number;
  /** Whether everything that is needed of servers is here, unless a part turns out wrong. */
  readonly hasEnough: boolean;
  /** Takes what was found later of the object: the same version described anew, or a newer one. */
  follow(finding: Finding): void;
  /** Ends the pursuit; progress is kept. */
  stop(reason: Error): void;
}

export interface ProgramRequest {
  readonly command: readonly string[];
  readonly fleet: string;
  readonly object: string;
  readonly target: HeldVersion;
  /** The version that was taken over before; undefined if none was. */
  readonly previousVersion: number | undefined;
  /** How often the program was started for this version, with this time. */
  readonly attempt: number;
  readonly timeoutUs: number;
}

/** A program of the device at work. */
export interface RunningProgram {
  /** Never rejects. */
  readonly done: Promise<ProgramEnd>;
  /** Ends the program and all that it started. */
  stop(): void;
}

export type ProgramEnd =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'notStarted'; readonly message: string };
