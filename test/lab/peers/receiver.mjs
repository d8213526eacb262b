// Joins a group (with `source`: source-specifically), prints that it has, counts the datagrams that arrive, and prints every count
// that is a multiple of `every`. SIGUSR2 leaves the group and keeps the socket; SIGTERM ends the program, which prints the last count.
// Arguments: one JSON object.
import dgram from 'node:dgram';

const { group, port, source, every = 100, membership = '::%eth0' } = JSON.parse(process.argv[2]);
const socket = dgram.createSocket({ type: 'udp6', reuseAddr: true, recvBufferSize: 4 << 20 });
const say = (event) => console.log(JSON.stringify({ event, count, bytes }));
let count = 0;
let bytes = 0;
socket.on('message', (message) => {
  count += 1;
  bytes += message.length;
  if (count % every === 0) say('heard');
});
socket.bind(port, () => {
  if (source === undefined) socket.addMembership(group, membership);
  else socket.addSourceSpecificMembership(source, group, membership);
  say('joined');
});
process.on('SIGUSR2', () => {
  if (source === undefined) socket.dropMembership(group, membership);
  else socket.dropSourceSpecificMembership(source, group, membership);
  say('left');
});
process.on('SIGTERM', () => {
  say('ended');
  socket.close();
});
