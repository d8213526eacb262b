// A hostile or broken program: sends datagrams that nobody wants to a group (or a host), one every `intervalMs`, each kind
// in turn. `random` is noise; `truncated` a header cut short; with `template` (a genuine datagram, base64) also `otherTag`
// (of another object or version), `wrongSize` (contradicts the descriptor), `outOfRange` (a symbol that there is none of),
// `forged` (a good header with other bytes) and `cut` (a symbol that is too short).
// Arguments: one JSON object.
import { randomBytes, randomInt } from 'node:crypto';
import dgram from 'node:dgram';

const options = JSON.parse(process.argv[2]);
const { group, port, kinds, template = '', count = Number.POSITIVE_INFINITY, intervalMs = 1, name = 'eth0' } = options;
const genuine = Buffer.from(template, 'base64');
const headerBytes = 48;
const sentOf = Object.fromEntries(kinds.map((kind) => [kind, 0]));
const make = {
  random: () => {
    const bytes = randomBytes(randomInt(1400));
    if (bytes.length > 0) bytes[0] = 0; // never the magic by chance
    return bytes;
  },
  truncated: () => Buffer.from(`LC${'\x10'.repeat(randomInt(headerBytes - 2))}`),
  otherTag: () => changed((bytes) => randomBytes(8).copy(bytes, 8)),
  wrongSize: () => changed((bytes) => bytes.writeUInt32BE(randomInt(1, 1000), 26)),
  outOfRange: () => changed((bytes) => bytes.writeUInt32BE(0xfffffff0, 36)),
  cut: () => genuine.subarray(0, randomInt(headerBytes, genuine.length)),
};

function changed(change) {
  const bytes = Buffer.from(genuine);
  change(bytes);
  return bytes;
}

const socket = dgram.createSocket('udp6');
let sent = 0;
socket.bind(() => {
  socket.setMulticastInterface(`::%${name}`);
  socket.setMulticastTTL(4);
  console.log(JSON.stringify({ event: 'sending' }));
  const timer = setInterval(() => {
    const kind = kinds[sent % kinds.length];
    sentOf[kind] += 1;
    sent += 1;
    if (sent < count) return socket.send(make[kind](), port, group);
    clearInterval(timer);
    socket.send(make[kind](), port, group, () => end('sent'));
  }, intervalMs);
  process.on('SIGTERM', () => {
    clearInterval(timer);
    end('ended');
  });
});

function end(event) {
  // Closing a socket throws away what it still has to send; a turn of the event loop has sent it.
  setImmediate(() => socket.close(() => console.log(JSON.stringify({ event, sent: sentOf }))));
}
