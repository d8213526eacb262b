// A program with an open membership that ends in the way of its argument; thread-ends.test.ts looks at what becomes of it.
import { readdirSync, readlinkSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { systemClock } from '../../../dist/base/system-clock.js';
import { systemNetworkOn } from '../../../dist/net/system-network.js';

const { way, group, interfaceName, isWorker } = workerData ?? JSON.parse(process.argv[2]);

if (isMainThread && isWorker) {
  const before = socketCount();
  for (let i = 0; i < (way === 'terminate' ? 4 : 1); i++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { way, group, interfaceName } });
    worker.on('error', ({ message }) => console.log(`worker: ${message}`));
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    if (way !== 'terminate' && way !== 'exit main') console.log(`worker ended with ${await ended}`);
    else {
      await new Promise((resolve) => worker.once('message', resolve));
      if (way === 'exit main') process.exit(4);
      await worker.terminate();
    }
  }
  console.log(`sockets: ${socketCount() - before}`);
} else {
  const network = systemNetworkOn(systemClock, { LAYERCAST_NET: 'batch' });
  let heardCount = 0;
  const membership = await network.join({ group, port: 42_421, interface: interfaceName, sources: [] }, () => {
    heardCount++;
    if (heardCount === 1) parentPort?.postMessage('heard');
    if (way === 'throw') throw new Error('thrown in a handler');
    if (way === 'exit') process.exit(3);
    if (way === 'leave') membership.leave();
    if (way === 'catch' && heardCount === 1) throw new Error('caught');
    if (way === 'catch' && heardCount > 3) membership.leave();
  });
  if (way === 'catch') process.on('uncaughtException', ({ message }) => console.log(message));
  const destination = { group, port: 42_421, interface: interfaceName, source: undefined, hopLimit: 0, dscp: 0 };
  const socket = await network.openSender(destination);
  const batch = { count: 50, datagramBytes: 1232, bytes: new Uint8Array(50 * 1232) };
  // Datagrams arrive at all times, so also at the end of the thread.
  while (way !== 'leave' || heardCount === 0) {
    await socket.send(batch);
    await new Promise(setImmediate);
    if (way === 'catch' && heardCount > 3) break;
  }
  await membership.leave();
}

function socketCount() {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      // The folder itself was open while it was read.
      return false;
    }
  }).length;
}
