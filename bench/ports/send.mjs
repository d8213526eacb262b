// Sends batches through a port of this project at a steady rate, then some datagrams of a single byte, and prints what that cost.
import { systemClock } from '../../dist/base/system-clock.js';
import { systemNetworkOn } from '../../dist/net/system-network.js';

const { interfaceName, group, datagramBytes, batchCount, datagramsPerSecond, seconds } = JSON.parse(process.argv[2]);
const network = systemNetworkOn(systemClock);
const destination = { group, port: 4242, interface: interfaceName, source: undefined, hopLimit: 1, dscp: 0 };
const socket = await network.openSender(destination);
const bytes = new Uint8Array(new SharedArrayBuffer(batchCount * datagramBytes)).fill(7);
const batch = { count: batchCount, bytes, datagramBytes };
const sleeper = new Int32Array(new SharedArrayBuffer(4));

let sentCount = 0;
const before = process.cpuUsage();
const startMs = performance.now();
for (let due = 0; due < datagramsPerSecond * seconds; due += batchCount) {
  sentCount += (await socket.send(batch)).sentCount;
  const aheadMs = ((due + batchCount) / datagramsPerSecond) * 1000 - (performance.now() - startMs);
  if (aheadMs > 0) Atomics.wait(sleeper, 0, 0, aheadMs);
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ event: 'sent', count: sentCount, cpuUs: user + system }));
for (let i = 0; i < 5; i++) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  await socket.send({ count: 1, bytes: bytes.subarray(0, 1), datagramBytes: 1 });
}
socket.close();
