import { fileURLToPath } from 'node:url';
import type { Bed } from '../../test/lab/bed.js';

/** How the bare loop sends: to an address each time, or on a connected socket. */
export type BareWay = 'unconnected' | 'connected';

export interface BareOptions {
  readonly way: BareWay;
  readonly datagrams: number;
  /** Of the UDP payload. */
  readonly sizeBytes: number;
}

export interface BareResult extends BareOptions {
  /** Of the whole run, as the sender saw it. */
  readonly seconds: number;
  readonly datagramsPerSecond: number;
  readonly payloadBitsPerSecond: number;
  /** 0–1, of those that the sender's system took. */
  readonly lossRatio: number;
  readonly sendCpuUs: number;
  readonly receiveCpuUs: number;
  readonly receiveBufferBytes: number;
}

/** Most datagrams that the sender has handed to its socket and that have not left: more bring no gain, and cost memory. */
const outstanding = 64;
/** The whole run has to end in this time, however slow the machine. */
const timeoutMs = 120_000;

const senderFile = fileURLToPath(new URL('sender.mjs', import.meta.url));
const receiverFile = fileURLToPath(new URL('receiver.mjs', import.meta.url));

/**
 * Multicast through node:dgram from one host of a bed to another, with no other work: no transfer through node:dgram can be faster.
 * CPU times are for each datagram sent or received.
 *
 * @param path the two hosts, and the interface name that both have, e.g. `eth1` of `bed.cable`
 */
export async function bareLoop(
  bed: Bed,
  path: { readonly from: string; readonly to: string; readonly interface: string },
  options: BareOptions,
): Promise<BareResult> {
  const address = { group: 'ff15::ba5e', port: 4242, interface: path.interface };
  await using receiver = bed.host(path.to).spawn(process.execPath, [receiverFile, JSON.stringify(address)]);
  const joined = await receiver.waitForEvent('joined');
  if (path.interface === 'eth0') await bed.joined(path.to, address.group);
  const { datagrams, sizeBytes, way } = options;
  const task = { ...address, datagrams, sizeBytes, outstanding, connected: way === 'connected' };
  await using sender = bed.host(path.from).spawn(process.execPath, [senderFile, JSON.stringify(task)]);
  const sent = await sender.waitForEvent('sent', { timeoutMs });
  const received = await receiver.waitForEvent('received', { timeoutMs });
  const taken = datagrams - Number(sent.failures);
  const heard = Number(received.datagrams);
  const seconds = Number(sent.seconds);
  return {
    ...options,
    seconds,
    datagramsPerSecond: heard / seconds,
    payloadBitsPerSecond: (Number(received.bytes) * 8) / seconds,
    lossRatio: 1 - heard / taken,
    sendCpuUs: Number(sent.cpuUs) / datagrams,
    receiveCpuUs: Number(received.cpuUs) / heard,
    receiveBufferBytes: Number(joined.bufferBytes),
  };
}
