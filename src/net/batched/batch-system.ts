import { constants } from 'node:os';
import { errnoOf } from '../../base/errors.js';
import type { Koffi } from '../libc.js';
import {
  IPPROTO_UDP,
  MSG_DONTWAIT,
  SO_RXQ_OVFL,
  SO_TIMESTAMPNS,
  SOL_SOCKET,
  UDP_GRO,
  UDP_SEGMENT,
} from '../socket-numbers.js';
import { closeDescriptor, openDescriptor } from './descriptor.js';
import { type Layout, layoutOf, type Measuring } from './layout.js';
import { MessageHeaders } from './message-headers.js';
import { findSocketCalls, type SocketCalls } from './socket-calls.js';
import { trySet } from './socket-options.js';

/** The part of koffi 3 that batched sockets use. Tests pass their own. */
export interface BatchKoffi extends Koffi, Measuring {
  /** Where the bytes of typed arrays and array buffers are. */
  address(value: unknown): bigint;
}

/** Which abilities this kernel has. Batched sockets work without each of them. */
export interface BatchFeatures {
  /** UDP_SEGMENT: many datagrams leave in one call. Otherwise `sendmmsg` hands them over. */
  readonly canSegment: boolean;
  /** UDP_GRO: datagrams that arrived together are read as one buffer. */
  readonly canCoalesce: boolean;
  /** SO_TIMESTAMPNS. */
  readonly hasTimes: boolean;
  /** SO_RXQ_OVFL. */
  readonly hasDrops: boolean;
}

/** What batched sockets need from the system. */
export interface BatchSystem {
  readonly calls: SocketCalls;
  readonly layout: Layout;
  readonly addressOf: (memory: ArrayBufferView) => bigint;
  readonly features: BatchFeatures;
}

/** Tries what batched sockets need. @returns the reason, as part of a sentence, where they cannot work */
export function findBatchSystem(
  loadKoffi: () => BatchKoffi,
  platform: string = process.platform,
): BatchSystem | { readonly why: string } {
  if (platform !== 'linux') return { why: `this system is ${platform}, and batches need Linux` };
  let koffi: BatchKoffi;
  try {
    koffi = loadKoffi();
  } catch {
    return { why: 'the optional package koffi is not installed or does not run here' };
  }
  const calls = findSocketCalls(koffi);
  if (calls === undefined) return { why: 'the C library of this system was not found' };
  try {
    const layout = layoutOf(koffi);
    const addressOf = (memory: ArrayBufferView) => koffi.address(memory);
    return { calls, layout, addressOf, features: tryOut(calls, layout, addressOf) };
  } catch (cause) {
    const said = errnoOf(cause) ?? (cause instanceof Error ? cause.message : String(cause));
    return { why: `the system refuses a socket for batches (${said})` };
  }
}

/** @throws {Error} when the system has no IPv6 sockets, or refuses to read in batches */
function tryOut(calls: SocketCalls, layout: Layout, addressOf: (memory: ArrayBufferView) => bigint): BatchFeatures {
  const fd = openDescriptor(calls);
  try {
    const headers = new MessageHeaders(layout, addressOf, 1, 0);
    headers.setBuffer(0, addressOf(headers.bytes), 0);
    const read = calls.recvmmsg(fd, headers.bytes, 1, MSG_DONTWAIT);
    if (read !== -constants.errno.EAGAIN) throw new Error(`recvmmsg gives ${read} on an empty socket`);
    return {
      canSegment: trySet(calls, fd, IPPROTO_UDP, UDP_SEGMENT, 1000),
      canCoalesce: trySet(calls, fd, IPPROTO_UDP, UDP_GRO, 1),
      hasTimes: trySet(calls, fd, SOL_SOCKET, SO_TIMESTAMPNS, 1),
      hasDrops: trySet(calls, fd, SOL_SOCKET, SO_RXQ_OVFL, 1),
    };
  } finally {
    closeDescriptor(fd);
  }
}
