import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { SocketDrops } from '../dist/net/socket-drops.js';
import { table } from './table.js';

/** Sockets of a fetch of a long ladder. */
const ownCount = 25;
/** Sockets of other processes: none, and those of nine more such fetches on the host. */
const foreignCounts = [0, 9 * ownCount];
const callCount = 100;

/**
 * Measures the time in which a receiver reads the drop counters of its sockets while other processes have sockets too. The kernel's
 * share is the time for reading the file alone. Sockets are bound to groups but join none, so nothing leaves the host.
 */
export async function run(): Promise<Record<string, unknown>> {
  const own = await Promise.all(Array.from({ length: ownCount }, (_, i) => bound(`ff15::1:${(i + 1).toString(16)}`)));
  const results: { readonly foreignCount: number; readonly callUs: number; readonly kernelUs: number }[] = [];
  for (const foreignCount of foreignCounts) {
    const other = await holding(foreignCount);
    const drops = new SocketDrops();
    drops.total();
    const callUs = cpuUsOf(() => drops.total());
    const kernelUs = cpuUsOf(() => readFileSync('/proc/self/net/udp6', 'latin1'));
    results.push({ foreignCount, callUs, kernelUs });
    const gone = once(other, 'exit');
    other.kill('SIGKILL');
    await gone;
  }
  for (const socket of own) socket.close();
  console.log(`SocketDrops.total() with ${ownCount} multicast sockets, processor time of ${callCount} calls\n`);
  console.log(
    table(results, [
      { title: 'sockets of others', cell: ({ foreignCount }) => foreignCount },
      { title: 'µs a call', cell: ({ callUs }) => Math.round(callUs) },
      { title: 'µs in the kernel', cell: ({ kernelUs }) => Math.round(kernelUs) },
    ]),
  );
  return { ownCount, results };
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp6', reuseAddr: true });
  socket.bind({ address, port: 4242 });
  await once(socket, 'listening');
  return socket;
}

/** Starts another process that holds this many multicast sockets, until it is ended or its input ends. */
async function holding(count: number): Promise<ChildProcess> {
  const source = `
    const { createSocket } = require('node:dgram');
    let open = 0;
    const opened = () => ++open >= ${count} && console.log('open');
    for (let i = 1; i <= ${count}; i++) {
      createSocket({ type: 'udp6', reuseAddr: true }).bind({ address: 'ff15::2:' + i.toString(16), port: 4242 }, opened);
    }
    if (${count} === 0) opened();
    process.stdin.on('end', () => process.exit()).resume();`;
  const child = spawn(process.execPath, ['-e', source], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

function cpuUsOf(call: () => unknown): number {
  const before = process.cpuUsage();
  for (let i = 0; i < callCount; i++) call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / callCount;
}
