import type { Anchor } from './anchor.js';
import { Dialogue } from './dialogue.js';
import { probeDestination } from './port.js';
import { until } from './until.js';

/**
 * Resolves when these bridges, whose ports `countingRules` counts, snoop. Until the response time of its first query is over, a bridge
 * floods every port, and a test of who hears which group would prove nothing. So this function sends datagrams to a group that nobody has
 * joined, until no port passes them.
 */
export async function snoopingWorks(anchor: Anchor, bridges: readonly string[]): Promise<void> {
  const counter = ['nft', '-j', 'list', 'counter', 'netdev', 'lab', 'flooded'];
  await using prober = new Dialogue([...anchor.enter(), process.execPath, '-e', probe, ...bridges]);
  await until('the bridges hold back what nobody has joined', async () => {
    await anchor.run(['nft', 'reset', 'counter', 'netdev', 'lab', 'flooded']);
    await prober.ask('send');
    return JSON.parse(await anchor.run(counter)).nftables[1].counter.packets === 0;
  });
}

/**
 * Sends three datagrams from each bridge's own interface for each line that it is told: they take the same way as a host's datagrams, and need no host.
 */
const probe = `
const { createSocket } = require('node:dgram');
const { once } = require('node:events');
const { createInterface } = require('node:readline');
async function socketOn(bridge) {
  const socket = createSocket('udp6').bind();
  await once(socket, 'listening');
  socket.setMulticastInterface('::%' + bridge);
  return socket;
}
const sent = (socket) =>
  new Promise((resolve) => socket.send('?', ${probeDestination.udpPort}, '${probeDestination.group}', resolve));
Promise.all(process.argv.slice(1).map(socketOn)).then(async (sockets) => {
  for await (const _ of createInterface(process.stdin)) {
    await Promise.all([...sockets, ...sockets, ...sockets].map(sent));
    console.log('sent');
  }
});`;
