/** A server, and the next one: a list costs the one server that most receivers have a single step in memory. */
export interface ListedServer<T> {
  /** The header names a server in one byte, so a list has at most 256. */
  readonly index: number;
  readonly next: T | undefined;
}

/** The server of this index in a list that begins with `first`; undefined if it is not there. */
export function serverIn<T extends ListedServer<T>>(first: T | undefined, index: number): T | undefined {
  for (let server = first; server !== undefined; server = server.next) if (server.index === index) return server;
  return undefined;
}
