import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A file of Linux with one line for each socket. The last field counts the datagrams that the socket dropped (proc(5)). */
const SOCKETS = '/proc/self/net/udp6';
const DESCRIPTORS = '/proc/self/fd';

/** The fields of such a line that are used here. */
export interface SocketLine {
  /** 32 hexadecimal digits, in the byte order of the host. */
  readonly address: string;
  readonly port: number;
  readonly inode: string;
  readonly droppedCount: number;
}

/**
 * Counts the datagrams that sockets of this process dropped because their receive buffer was full. The network had delivered them,
 * but this host did not read them fast enough. The count is always 0 where the system does not report it.
 */
export class SocketDrops {
  readonly #read: () => string;
  readonly #ownInodes: () => ReadonlySet<string>;
  /** The counts of this process's sockets, by inode. A closed socket is removed when the file is read next. */
  #counts = new Map<string, number>();
  /** Inodes of other processes' multicast sockets; at most as many as the file had lines when it was last read. */
  #foreign = new Set<string>();
  #total = 0;

  /** @param read returns the text of the system's file. @param ownInodes returns the inodes of this process's sockets. */
  constructor(read: () => string = readSockets, ownInodes: () => ReadonlySet<string> = readOwnInodes) {
    this.#read = read;
    this.#ownInodes = ownInodes;
  }

  /**
   * The number of datagrams since the first call, over all multicast sockets of this process. A call takes some 0.2 ms, and 2 µs for
   * each socket of another process. It reads the descriptors of this process once, and only if the file has a new socket.
   */
  total(): number {
    const counts = new Map<string, number>();
    const foreign = new Set<string>();
    let own: ReadonlySet<string> | undefined;
    for (const { address, inode, droppedCount } of parseSockets(this.#read())) {
      if (!isMulticast(address)) continue;
      const before = this.#counts.get(inode);
      if (before === undefined) {
        if (!this.#foreign.has(inode)) own ??= this.#ownInodes();
        if (own === undefined || !own.has(inode)) {
          foreign.add(inode);
          continue;
        }
      }
      counts.set(inode, droppedCount);
      this.#total += Math.max(0, droppedCount - (before ?? droppedCount));
    }
    this.#counts = counts;
    this.#foreign = foreign;
    return this.#total;
  }
}

/** Whether the first byte is that of a multicast address (RFC 4291, section 2.7), in either byte order of the host. */
function isMulticast(address: string): boolean {
  return address.startsWith('FF') || address.slice(6, 8) === 'FF';
}

/** A line with local address and port, the inode as the tenth field and the count as the last; other fields are skipped (proc(5)). */
const SOCKET_LINE = /^ *\d+: ([0-9A-F]{32}):([0-9A-F]{4})(?: +\S+){7} +(\d+) \S+ \S+ (\d+) *$/gm;

/** Leaves out lines that do not describe a socket. */
export function parseSockets(text: string): SocketLine[] {
  return Array.from(text.matchAll(SOCKET_LINE), ([, address = '', port = '', inode = '', droppedCount]) => ({
    address,
    port: Number.parseInt(port, 16),
    inode,
    droppedCount: Number(droppedCount),
  }));
}

function readSockets(): string {
  try {
    return readFileSync(SOCKETS, 'latin1');
  } catch {
    return '';
  }
}

function readOwnInodes(): ReadonlySet<string> {
  try {
    const inodes = readdirSync(DESCRIPTORS).map((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(fd) ?? '')?.[1]);
    return new Set(inodes.filter((inode) => inode !== undefined));
  } catch {
    return new Set();
  }
}

/** Undefined for a descriptor that was closed while the folder was read. */
function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`${DESCRIPTORS}/${fd}`);
  } catch {
    return undefined;
  }
}
