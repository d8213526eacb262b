import type { LabProcess } from '../../test/lab/process.js';
import type { RoutedBed } from '../../test/lab/routed-bed.js';
import type { Cell } from './cells.js';

/** What a method finds: hosts, a folder with the file, and the rates of the links. */
export interface Scene {
  readonly bed: RoutedBed;
  readonly cell: Cell;
  readonly folder: string;
  /** Path of the file that all clients want. */
  readonly file: string;
  /** Of whole packets, on every link but slow ones. */
  readonly linkBitsPerSecond: number;
  /** Of the slowest client's link. */
  readonly slowestBitsPerSecond: number;
}

/** A way to bring a file from servers to clients. */
export interface Method {
  /** Debian packages and a command of each, without which the method is left out. */
  readonly needs: Readonly<Record<string, string>>;
  /** Starts the servers. Resolves when clients may come. */
  readonly serve: (scene: Scene) => Promise<Service>;
}

export interface Service {
  readonly servers: readonly LabProcess[];
  /** Resolves when a client waits on this host for its start, with its programs loaded as far as they can be without the network. */
  readonly ready: (client: string, output: string) => Promise<Client>;
}

export interface Client {
  /** Starts; resolves when the whole file is at the output. Rejects when it never will be. */
  readonly fetch: () => Promise<void>;
  /** What it did, for the log: lines of JSON. */
  readonly log?: () => string;
}
