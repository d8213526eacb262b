import type { Anchor } from './anchor.js';
import { probeDestination } from './port.js';
import { until } from './until.js';

/**
 * Resolves when these bridges, whose ports `countingRules` counts, snoop. Until the response time of its first query is over, a bridge
 * floods every port, and a test of who hears which group would prove nothing. So this function sends datagrams to a group that nobody has
 * joined, until no port passes them.
 */
export async function snoopingWorks(anchor: Anchor, bridges: readonly string[]): Promise<void> {
  const counter = ['nft', '-j', 'list', 'counter', 'netdev', 'lab', 'flooded'];
  await until('the bridges hold back what nobody has joined', async () => {
    await anchor.run(['nft', 'reset', 'counter', 'netdev', 'lab', 'flooded']);
    await anchor.run([process.execPath, '-e', probe, ...bridges]);
    return JSON.parse(await anchor.run(counter)).nftables[1].counter.packets === 0;
  });
}

/** Sends three datagrams from each bridge's own interface: they take the same way as a host's datagrams, and need no host. */
const probe = `
const dgram = require('node:dgram');
for (const bridge of process.argv.slice(1)) {
  const socket = dgram.createSocket('udp6');
  socket.bind(() => {
    socket.setMulticastInterface('::%' + bridge);
    let left = 3;
    for (let i = 0; i < 3; i++) socket.send('?', ${probeDestination.udpPort}, '${probeDestination.group}', () => --left || socket.close());
  });
}`;
