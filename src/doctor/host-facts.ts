import type { ConfigWarning } from '../fleet/warnings.js';
import type { BufferGrants } from '../net/buffer-grants.js';
import type { AddressState } from '../net/interfaces/interface-table.js';

/*
 * What the checks judge, as plain data. src/doctor/facts/ asks the system; undefined stands for what it does not tell. So each check is a
 * function of these facts, and tests need no broken host for each finding.
 */

export interface HostFacts {
  /** As `process.platform` says. */
  readonly platform: string;
  readonly needs: Needs;
  readonly choice: InterfaceChoice;
  /** Other interfaces that could be used too. */
  readonly others: readonly string[];
  /** The chosen interface; undefined if none can be used. */
  readonly link: LinkFacts | undefined;
  /** The bridge that the interface is, or is a port of, where this host sees one. */
  readonly bridge: BridgeFacts | undefined;
  readonly probe: ProbeFacts | undefined;
  readonly batches: BatchFacts;
  readonly buffers: BufferGrants | undefined;
  readonly firewall: FirewallFacts;
  readonly clock: ClockFacts;
  readonly state: FolderFacts;
  /** Where a fetch would write; undefined if no file is named. */
  readonly output: FolderFacts | undefined;
  readonly fleet: FleetFacts | undefined;
  /** Undefined unless the fleet sends something only while somebody listens. */
  readonly hearing?: HearingFacts | undefined;
}

export interface HearingFacts {
  /** Whether this process has the capability that hearing reports needs. */
  readonly mayHear: boolean | undefined;
}

/** What a transfer needs of the network: from the fleet file or the receiver file, else the defaults. */
export interface Needs {
  readonly port: number;
  readonly symbolBytes: number;
  readonly ssm: boolean;
  /** Whether routers are on the way: the scope of the fleet is wider than a link. */
  readonly passesRouters: boolean;
  /** Whether this host sends: it is one of the servers of the fleet file. */
  readonly sends: boolean;
  /** Whether nothing is sent or received without the state directory. */
  readonly keepsState: boolean;
}

/** Which interface a transfer uses, or why none. */
export type InterfaceChoice =
  | { readonly name: string; readonly isNamed: boolean }
  | { readonly fault: string; readonly hint: string | undefined };

export interface LinkFacts {
  readonly name: string;
  readonly addresses: readonly AddressFacts[];
  /** Whether the interface has the flag MULTICAST. */
  readonly canMulticast: boolean | undefined;
  readonly mtuBytes: number | undefined;
}

export interface AddressFacts {
  readonly address: string;
  readonly state: AddressState;
  readonly isLinkLocal: boolean;
  /** A privacy address, which the system replaces after some hours (RFC 8981). */
  readonly isTemporary: boolean;
}

export interface BridgeFacts {
  readonly name: string;
  readonly isSnooping: boolean;
  readonly isQuerier: boolean;
  /** The version of MLD in its own queries. */
  readonly mldVersion: number;
}

/** What happened when a group was joined on the interface, and datagrams were sent to it with hop limit 0. */
export interface ProbeFacts {
  readonly group: string;
  readonly port: number;
  /** Why the join was refused; undefined if it was not. */
  readonly joinFault: ProbeFault | undefined;
  readonly sendFault: ProbeFault | undefined;
  readonly sentCount: number;
  readonly heardCount: number;
  readonly mld: MldFacts | undefined;
}

export interface ProbeFault {
  /** The system's name of the error; undefined where it gave none. */
  readonly errno: string | undefined;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Counts of MLD messages on the interface. */
export interface MldFacts {
  /** Queries heard while this program listened for them; if it did not, since the interface came up. */
  readonly queryCount: number;
  /** How long this program listened for queries at most; 0 if it did not. */
  readonly listenedMs: number;
  /** Reports that this host sent for the join of the probe, by version. */
  readonly v1ReportCount: number;
  readonly v2ReportCount: number;
}

export interface BatchFacts {
  readonly whyNot: string | undefined;
  /** Whether the user asked for sockets without batches. */
  readonly isRefused: boolean;
  /** What batches have to do without, in words. */
  readonly lacks: readonly string[];
}

export interface FirewallFacts {
  /** Which program's rules these are: `nft`, `firewalld`, `ufw`; undefined if no firewall was seen. */
  readonly program: 'nft' | 'firewalld' | 'ufw' | undefined;
  /** The chain for arriving packets, as nft names it: `inet filter input`. */
  readonly inputChain: string | undefined;
}

export interface ClockFacts {
  readonly nowS: number;
  /** When this program was built; 0 if it runs from its sources. */
  readonly builtS: number;
  /** Whether the system counts its clock as set by NTP or the like. */
  readonly isSynchronized: boolean | undefined;
}

export interface FolderFacts {
  /** Absolute. */
  readonly path: string;
  /** The folder that was tried: `path`, or the nearest folder above that exists. */
  readonly triedPath: string;
  /** The system's name of the error when a file was made there; undefined if that worked. */
  readonly failure: string | undefined;
  readonly freeBytes: number | undefined;
  /** Who tried; undefined where users have no numbers. */
  readonly userId: number | undefined;
  /** The magic number of the file system (statfs(2)). */
  readonly fileSystem: number | undefined;
}

export interface FleetFacts {
  readonly warnings: readonly ConfigWarning[];
}
