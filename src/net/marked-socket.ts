import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { LayercastError } from '../errors.js';
import { ip6addr } from '../ip6addr.js';

/** Numbers of Linux's <sys/socket.h>, <fcntl.h> and <netinet/in.h>. */
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const IPPROTO_IPV6 = 41;
const IPV6_TCLASS = 67;

/**
 * A UDP socket whose datagrams carry a DiffServ code point (RFC 2474). Node has no call for that, so libc is asked through
 * koffi, an optional dependency, for a socket that has it, and Node takes that over.
 *
 * @param dscp 1–63.
 * @param source address to bind to; undefined leaves that to the system.
 * @returns a socket that is open, and bound if there is a source.
 * @throws {LayercastError} `NETWORK_UNAVAILABLE` where koffi or Linux is missing.
 */
export async function markedSocket(dscp: number, source: string | undefined): Promise<Socket> {
  const fd = await openDescriptor(dscp, source);
  const socket = createSocket('udp6');
  // Node takes over a descriptor at once and says so while `bind` still runs: whoever listens afterwards hears nothing.
  const listening = once(socket, 'listening');
  socket.bind({ fd });
  await listening;
  return socket;
}

async function openDescriptor(dscp: number, source: string | undefined): Promise<number> {
  if (process.platform !== 'linux') throw unavailable(dscp, `this system is ${process.platform}`);
  const { default: koffi } = await import('koffi').catch((cause: unknown) => {
    throw unavailable(dscp, 'the optional package koffi is not installed', cause);
  });
  const libc = koffi.load('libc.so.6');
  const fd: number = libc.func('int socket(int, int, int)')(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // The traffic class holds the code point in its upper six bits (RFC 2474, section 3).
  const value = Buffer.from(Int32Array.of(dscp << 2).buffer);
  const set = libc.func('int setsockopt(int, int, int, const void *, uint32)');
  if (fd < 0 || set(fd, IPPROTO_IPV6, IPV6_TCLASS, value, value.length) !== 0) {
    throw unavailable(dscp, `the system refused (errno ${koffi.errno()})`);
  }
  if (source !== undefined && libc.func('int bind(int, const void *, uint32)')(fd, socketAddress(source), 28) !== 0) {
    throw unavailable(dscp, `the system does not let us send from ${source} (errno ${koffi.errno()})`);
  }
  return fd;
}

/** A struct sockaddr_in6 for any port of an address. */
function socketAddress(address: string): Uint8Array {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(AF_INET6, 0);
  const digits = ip6addr.parse(address).toString({ format: 'v6', zeroElide: false, zeroPad: true });
  bytes.set(Buffer.from(digits.replaceAll(':', ''), 'hex'), 8);
  return bytes;
}

function unavailable(dscp: number, why: string, cause?: unknown): LayercastError {
  return new LayercastError('NETWORK_UNAVAILABLE', `cannot mark datagrams with dscp ${dscp}: ${why}`, {
    hint: 'Leave dscp out of the fleet file and mark the traffic at the firewall or switch',
    cause,
  });
}
