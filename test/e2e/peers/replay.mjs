// A stranger who replays: sends the given datagrams (hexadecimal) to a group again and again, one every `intervalMs`.
// Arguments: one JSON object.
import dgram from 'node:dgram';

const { group, port, datagrams, intervalMs = 20, name = 'eth0' } = JSON.parse(process.argv[2]);
const socket = dgram.createSocket('udp6');
let sent = 0;

socket.bind(() => {
  socket.setMulticastInterface(`::%${name}`);
  socket.setMulticastTTL(4);
  console.log(JSON.stringify({ event: 'sending' }));
  setInterval(() => socket.send(Buffer.from(datagrams[sent++ % datagrams.length], 'hex'), port, group), intervalMs);
});
