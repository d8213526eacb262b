// Listens to groups for a while, and prints the header fields of each datagram: server, channel, flags, step level,
// slot, sequence, send time in µs; and its arrival time in µs.
// Arguments: one JSON object.
import dgram from 'node:dgram';

const { groups, port, seconds, name = 'eth0' } = JSON.parse(process.argv[2]);
const heard = [];
const sockets = await Promise.all(
  groups.map(async (group) => {
    const socket = dgram.createSocket({ type: 'udp6', reuseAddr: true });
    socket.on('message', (bytes) => {
      const arrivedUs = Math.round(performance.now() * 1000);
      const [flags, serverIndex, channelIndex, stepLevel] = bytes.subarray(3);
      const [sequence, sendTimeUs, slot] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes.readUInt16BE(44)];
      heard.push({ serverIndex, channelIndex, flags, stepLevel, slot, sequence, sendTimeUs, arrivedUs });
    });
    await new Promise((resolve) => socket.bind(port, group, resolve));
    socket.addMembership(group, `::%${name}`);
    return socket;
  }),
);
setTimeout(() => {
  for (const socket of sockets) socket.close();
  console.log(JSON.stringify({ event: 'heard', heard }));
}, seconds * 1000);
