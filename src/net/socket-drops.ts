import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Linux only: one line a socket, the last field of which counts what its buffer had no room for (proc(5)). */
const SOCKETS = '/proc/self/net/udp6';
const DESCRIPTORS = '/proc/self/fd';

/** A line of that file, as far as it matters. */
export interface SocketLine {
  /** 32 hexadecimal digits, in the byte order of the host. */
  readonly address: string;
  readonly port: number;
  readonly inode: string;
  readonly droppedCount: number;
}

/**
 * Datagrams that came for sockets of this process and found their receive buffers full: the network delivered them, and this
 * host did not read fast enough. Always 0 where the system does not tell.
 */
export class SocketDrops {
  readonly #read: () => string;
  readonly #isOwn: (inode: string) => boolean;
  /** By inode. Sockets that are gone go from here when the file is read next. */
  #counts = new Map<string, number>();
  #total = 0;

  /** @param read what the system's file says; @param isOwn whether an inode is a socket of this process. */
  constructor(read: () => string = readSockets, isOwn: (inode: string) => boolean = isOwnSocket) {
    this.#read = read;
    this.#isOwn = isOwn;
  }

  /** Since the first call, over all multicast sockets of this process; costs some 50 µs. */
  total(): number {
    const counts = new Map<string, number>();
    for (const { address, inode, droppedCount } of parseSockets(this.#read())) {
      // The first byte of a multicast address (RFC 4291, section 2.7), whichever end of the word it is written at.
      if (!address.startsWith('FF') && address.slice(6, 8) !== 'FF') continue;
      const before = this.#counts.get(inode);
      if (before === undefined && !this.#isOwn(inode)) continue;
      counts.set(inode, droppedCount);
      this.#total += Math.max(0, droppedCount - (before ?? droppedCount));
    }
    this.#counts = counts;
    return this.#total;
  }
}

/** Lines that are none of sockets are left out. */
export function parseSockets(text: string): SocketLine[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [address = '', port = ''] = (fields[1] ?? '').split(':');
    if (!/^[0-9A-F]{32}$/.test(address) || fields.length < 13) return [];
    return [{ address, port: Number.parseInt(port, 16), inode: fields[9]!, droppedCount: Number(fields[12]) }];
  });
}

function readSockets(): string {
  try {
    return readFileSync(SOCKETS, 'latin1');
  } catch {
    return '';
  }
}

function isOwnSocket(inode: string): boolean {
  try {
    return readdirSync(DESCRIPTORS).some((fd) => linkOf(fd) === `socket:[${inode}]`);
  } catch {
    return false;
  }
}

/** Descriptors come and go while the folder is read. */
function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`${DESCRIPTORS}/${fd}`);
  } catch {
    return undefined;
  }
}
