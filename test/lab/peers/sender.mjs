// Sends `count` datagrams of `sizeBytes` to a group on interface `name`, `batch` of them every `intervalMs`, and prints when all are sent.
// Arguments: one JSON object.
import dgram from 'node:dgram';

const { group, port, count, sizeBytes = 200, intervalMs = 1, batch = 1, name = 'eth0' } = JSON.parse(process.argv[2]);
const socket = dgram.createSocket('udp6');
const payload = Buffer.alloc(sizeBytes, 'layercast');
let sent = 0;
let done = 0;

socket.bind(() => {
  socket.setMulticastInterface(`::%${name}`);
  socket.setMulticastTTL(4);
  const timer = setInterval(() => {
    for (let i = 0; i < batch && sent < count; i++, sent++) socket.send(payload, port, group, tick);
    if (sent === count) clearInterval(timer);
  }, intervalMs);
});

function tick(error) {
  if (error) throw error;
  done += 1;
  // Not earlier: closing a socket discards the datagrams that it still has to send.
  if (done === count) socket.close(() => console.log(JSON.stringify({ event: 'sent', count })));
}
