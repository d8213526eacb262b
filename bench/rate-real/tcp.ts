import type { Bed } from '../../test/lab/bed.js';
import { until } from '../../test/lab/until.js';
import type { Recording } from './recording.js';

/** Bytes of an IPv6 packet of TCP at MTU 1500, and of the part that iperf3 counts: without headers of 40 and 20 bytes, and time stamps of 12. */
const PACKET_BYTES = 1500;
const PAYLOAD_BYTES = 1428;
/** Connections open in milliseconds here; iperf3 ends at the latest this long after its time. */
const graceMs = 15_000;

export type CongestionControl = 'reno' | 'cubic' | 'bbr';

/**
 * Sends by TCP from one host of a bed to another for some seconds, and resolves to the rate at which whole IPv6 packets
 * arrived. The sender's segments leave one by one, as on an Ethernet: a queue in bytes would have no room for segments of 64 kB.
 */
export async function sendByTcp(
  { bed, recording }: { readonly bed: Bed; readonly recording?: Recording },
  { from, to, seconds, control }: { from: string; to: string; seconds: number; control: CongestionControl },
): Promise<number> {
  await bed.host(from).run('ethtool', ['-K', 'eth0', 'tso', 'off', 'gso', 'off', 'gro', 'off']);
  await using server = bed.host(to).spawn('iperf3', ['--server', '--one-off']);
  await until(`iperf3 listens on ${to}`, async () => (await bed.host(to).run('ss', ['-Hltn', 'sport = :5201'])) !== '');
  const startMs = performance.now();
  const options = ['--congestion', control, '--time', String(seconds), '--interval', '1', '--json'];
  await using client = bed.host(from).spawn('iperf3', ['--client', bed.host(to).address, ...options]);
  const late = setTimeout(() => client.kill('SIGKILL'), seconds * 1000 + graceMs);
  try {
    await client.exited;
    await server.exited;
  } finally {
    clearTimeout(late);
  }
  const result = JSON.parse(client.stdout) as IperfResult;
  if (result.end?.sum_received === undefined) throw new Error(`iperf3: ${result.error ?? client.stdout.slice(-500)}`);
  if (result.end.sender_tcp_congestion !== control) throw new Error(`iperf3 used ${result.end.sender_tcp_congestion}`);
  for (const { sum } of result.intervals) {
    recording?.flowed(`TCP ${control}`, startMs + sum.end * 1000, packetRate(sum.bits_per_second));
  }
  return packetRate(result.end.sum_received.bits_per_second);
}

interface IperfResult {
  readonly error?: string;
  readonly intervals: readonly { readonly sum: { readonly end: number; readonly bits_per_second: number } }[];
  readonly end?: {
    readonly sum_received?: { readonly bits_per_second: number };
    readonly sender_tcp_congestion?: string;
  };
}

function packetRate(payloadBitsPerSecond: number): number {
  return (payloadBitsPerSecond * PACKET_BYTES) / PAYLOAD_BYTES;
}
