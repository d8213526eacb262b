// The bare loop's receiving side: counts datagrams and bytes until a datagram of one byte marks the end.
// Arguments: one JSON object.
import dgram from 'node:dgram';

const { group, port, interface: name } = JSON.parse(process.argv[2]);
const socket = dgram.createSocket({ type: 'udp6', reuseAddr: true, recvBufferSize: 4 << 20 });
let datagrams = 0;
let bytes = 0;
let started = 0n;
let cpu;

socket.on('message', (message) => {
  if (message.length === 1) return report();
  if (datagrams === 0) {
    started = process.hrtime.bigint();
    cpu = process.cpuUsage();
  }
  datagrams += 1;
  bytes += message.length;
});
socket.bind(port, () => {
  socket.addMembership(group, `::%${name}`);
  console.log(JSON.stringify({ event: 'joined', bufferBytes: socket.getRecvBufferSize() }));
});

function report() {
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ event: 'received', datagrams, bytes, seconds, cpuUs: user + system }));
  socket.close();
}
