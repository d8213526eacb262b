/** What one run of a cell gave. A line of the file of results. */
export interface Result {
  /** See `nameOf`. */
  readonly cell: string;
  readonly linkBitsPerSecond: number;
  readonly run: number;
  /** When it ended. */
  readonly at: string;
  /** Of each client, from its own start to the whole file; null: never. */
  readonly seconds: readonly (number | null)[];
  readonly startSeconds: readonly number[];
  /** Of each client: `complete`, or why not. */
  readonly ends: readonly string[];
  /** From the first start until all clients had ended. */
  readonly lastedSeconds: number;
  /** Bytes of whole packets that all servers sent in that time. */
  readonly serverBytes: number;
  readonly serverCpuSeconds: number;
  /** The most that all servers together had in memory. */
  readonly serverMegabytes: number;
  /** Of the whole machine: the highest of its loads, and the mean of how busy its processors were. */
  readonly load: number;
  readonly busyRatio: number;
  readonly freeMegabytes: number;
  /** Bytes of each link, by the port at its LAN's end: to the host or router, and from it. */
  readonly links: Readonly<Record<string, { readonly down: number; readonly up: number }>>;
}
