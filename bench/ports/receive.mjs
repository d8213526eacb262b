// Joins a group through a port of this project, counts datagrams until one of a single byte comes, and prints what that cost.
import { systemClock } from '../../dist/base/system-clock.js';
import { systemNetworkOn } from '../../dist/net/system-network.js';

const { interfaceName, group, isTimed, idleMs } = JSON.parse(process.argv[2]);
const network = systemNetworkOn(systemClock);
let count = 0;
let droppedCount = 0;
let batchCount = 0;
let before;

const request = { group, port: 4242, interface: interfaceName, sources: [], isTimed };
const membership = await network.join(request, (batch) => {
  before ??= process.cpuUsage();
  batchCount++;
  droppedCount += batch.droppedCount;
  for (let i = 0; i < batch.count; i++) {
    if (batch.lengths[i] === 1) return end();
    count += Math.ceil(batch.lengths[i] / batch.segmentBytes[i]);
  }
});
const idle = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, idleMs));
const { user, system } = process.cpuUsage(idle);
console.log(JSON.stringify({ event: 'joined', idleRatio: (user + system) / 1000 / idleMs }));

function end() {
  if (before === undefined) return;
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ event: 'received', count, droppedCount, batchCount, cpuUs: user + system }));
  before = undefined;
  membership.leave();
}
