// A server in the main thread of a process of its own, with a clock of choice. argv: JSON of { config, state, clock, seconds }.
import { setTimeout as wait } from 'node:timers/promises';
import { PreciseClock } from '../../dist/base/precise-clock.js';
import { systemClock } from '../../dist/base/system-clock.js';
import { createSender } from '../../dist/index.js';
import { systemNetworkOn } from '../../dist/net/system-network.js';

const { config, state, clock: name, seconds } = JSON.parse(process.argv[2]);
const clock = name === 'precise' ? new PreciseClock() : systemClock;
const sender = createSender({ config, stateDir: state, clock, network: systemNetworkOn(clock) });
await sender.ready;
// The first slabs are read, and machine code is made of what runs often.
await wait(2000);
const read = () => ({
  atUs: clock.nowUs(),
  cpuUs: process.cpuUsage().user + process.cpuUsage().system,
  counts: sender.stats().objects.flatMap(({ channels }) => channels.map(({ datagrams }) => datagrams)),
});
const before = read();
await wait(seconds * 1000);
const after = read();
const elapsedUs = after.atUs - before.atUs;
const counts = after.counts.map((count, index) => count - before.counts[index]);
const peakMegabytes = process.resourceUsage().maxRSS / 1000;
console.log(JSON.stringify({ event: 'measured', elapsedUs, cpuUs: after.cpuUs - before.cpuUs, counts, peakMegabytes }));
await sender.close();
process.exit(0);
