import { constants } from 'node:os';
import koffi from 'koffi';
import { findSocketCalls, type SocketCalls } from '../../../dist/net/batched/socket-calls.js';
import { checking, findIn } from '../../../dist/net/libc.js';
import {
  MSG_DONTWAIT,
  POLLIN,
  SO_RCVBUFFORCE,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOL_SOCKET,
} from '../../../dist/net/socket-numbers.js';

/** Numbers of Linux's <sys/socket.h>, <linux/if_packet.h> and <linux/if_ether.h>. */
const AF_PACKET = 17;
const SOCK_RAW = 3;
const ETH_P_ALL = 3;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const PACKET_IGNORE_OUTGOING = 23;
const SOCKADDR_LL_BYTES = 20;

const longestFrameBytes = 65_535 + 14;
/** Room for more packets than come while the relay waits for the processor: 8 MB are 0.6 s at 100 Mbit/s. */
const bufferBytes = 8 << 20;

interface PacketCalls extends SocketCalls {
  recv(fd: number, into: Uint8Array, length: number, flags: number): number;
  ppoll(states: Int16Array, count: number, timeout: BigInt64Array): number;
  ifNameToIndex(name: string): number;
}

const calls = findCalls();

/** All frames that arrive at one interface, whoever they are for; what is sent leaves by it as it is. */
export class PacketSocket {
  readonly fd: number;
  /** Frames that this interface refused, because its queue was full or it was down. */
  refusedFrames = 0;
  readonly #buffer = Buffer.alloc(longestFrameBytes);
  #missedFrames = 0;

  /** @throws {Error} with the system's errno name as `code`: EPERM without the right to, ENODEV where there is no such interface */
  constructor(interfaceName: string) {
    const index = calls.ifNameToIndex(interfaceName);
    if (index === 0) throw Object.assign(new Error(`no interface ${interfaceName}`), { code: 'ENODEV' });
    // Without a protocol it hears nothing until it is bound to its interface.
    this.fd = calls.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    const set = (level: number, name: number, value: number) =>
      calls.setsockopt(this.fd, level, name, new Uint8Array(Int32Array.of(value).buffer));
    set(SOL_SOCKET, SO_RCVBUFFORCE, bufferBytes);
    set(SOL_SOCKET, SO_SNDBUFFORCE, bufferBytes);
    set(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    const address = new DataView(new ArrayBuffer(SOCKADDR_LL_BYTES));
    const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
    address.setUint16(0, AF_PACKET, isLittleEndian);
    address.setUint16(2, ETH_P_ALL);
    address.setInt32(4, index, isLittleEndian);
    calls.bind(this.fd, new Uint8Array(address.buffer));
  }

  /** A copy of the next frame that has arrived; undefined when there is none. */
  receive(): Buffer | undefined {
    const length = calls.recv(this.fd, this.#buffer, this.#buffer.length, MSG_DONTWAIT);
    return length < 0 ? undefined : Buffer.from(this.#buffer.subarray(0, length));
  }

  send(frame: Uint8Array): void {
    if (calls.send(this.fd, frame, frame.length, MSG_DONTWAIT) < 0) this.refusedFrames++;
  }

  /** Frames that came while the buffer was full, since the socket was opened. */
  missed(): number {
    // The system counts from the last question: packets and drops, as two numbers of 4 bytes.
    const counts = new Uint32Array(2);
    calls.getsockopt(this.fd, SOL_PACKET, PACKET_STATISTICS, new Uint8Array(counts.buffer));
    this.#missedFrames += counts[1]!;
    return this.#missedFrames;
  }
}

/** Waits until one of the sockets has a frame, or this time is over. The thread does nothing else meanwhile. */
export function awaitFrames(sockets: readonly PacketSocket[], waitUs: number): void {
  const states = new Int32Array(2 * sockets.length);
  const shorts = new Int16Array(states.buffer);
  for (const [i, { fd }] of sockets.entries()) {
    states[2 * i] = fd;
    shorts[4 * i + 2] = POLLIN;
  }
  const waitNs = Math.max(0, Math.round(waitUs * 1000));
  calls.ppoll(shorts, sockets.length, BigInt64Array.of(BigInt(Math.floor(waitNs / 1e9)), BigInt(waitNs % 1e9)));
}

function findCalls(): PacketCalls {
  const socketCalls = findSocketCalls(koffi);
  const own = findIn(koffi, (library) => {
    const recv = library.func('intptr_t recv(int, void *, size_t, int)');
    const ppoll = library.func('int ppoll(void *, unsigned long, const void *, void *)');
    const ifNameToIndex = library.func('unsigned int if_nametoindex(const char *)');
    const checked = checking(koffi);
    return {
      recv: (fd: number, into: Uint8Array, length: number, flags: number) => {
        const received = recv(fd, into, length, flags);
        if (received >= 0 || koffi.errno() === constants.errno.EAGAIN) return received;
        return koffi.errno() === constants.errno.ENETDOWN ? -1 : checked('recv', received);
      },
      ppoll: (states: Int16Array, count: number, timeout: BigInt64Array) => ppoll(states, count, timeout, null),
      ifNameToIndex: (name: string) => ifNameToIndex(name),
    };
  });
  if (socketCalls === undefined || own === undefined) throw new Error('the C library of this system was not found');
  return { ...socketCalls, ...own };
}
