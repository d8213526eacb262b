// The bare loop's sending side: sends as many datagrams as asked for, as fast as the socket takes them, with a bounded number
// under way. Then it sends datagrams of one byte, which mark the end. Arguments: one JSON object.
import dgram from 'node:dgram';

const { group, port, interface: name, datagrams, sizeBytes, outstanding, connected } = JSON.parse(process.argv[2]);
const payload = Buffer.alloc(sizeBytes, 7);
const socket = dgram.createSocket({ type: 'udp6', sendBufferSize: 1 << 20 });
let started = 0n;
let cpu;
let sent = 0;
let done = 0;
let failures = 0;

socket.bind(() => {
  socket.setMulticastInterface(`::%${name}`);
  socket.setMulticastTTL(1);
  if (connected) socket.connect(port, group, begin);
  else begin();
});

function begin() {
  started = process.hrtime.bigint();
  cpu = process.cpuUsage();
  for (let i = 0; i < outstanding; i++) next();
}

function next() {
  if (sent === datagrams) return;
  sent += 1;
  send(payload, finished);
}

function send(bytes, callback) {
  if (connected) socket.send(bytes, callback);
  else socket.send(bytes, port, group, callback);
}

function finished(error) {
  if (error) failures += 1;
  done += 1;
  if (done < datagrams) next();
  else report();
}

function report() {
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ event: 'sent', datagrams, failures, seconds, cpuUs: user + system }));
  // Several end marks, a little apart: the receiver's buffer may be full when the first arrives.
  let signs = 0;
  const timer = setInterval(() => {
    send(payload.subarray(0, 1));
    signs += 1;
    if (signs < 10) return;
    clearInterval(timer);
    setImmediate(() => socket.close());
  }, 20);
}
