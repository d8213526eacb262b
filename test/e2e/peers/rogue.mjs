// A hostile or broken program: sends invalid datagrams to a group (or a host), one every `intervalMs`, each kind in turn.
// `random` is noise, `truncated` a header cut short. For the other kinds the program first listens for a genuine symbol of the group
// and changes it: `otherTag` (another object or version), `wireVersion` and `type` (another program),
// `wrongSize` (contradicts the descriptor), `outOfRange` (a block that the object does not have), `cut` (too short a symbol),
// `digests` (that nobody signed), and `forged` (a genuine symbol's header with other bytes).
// Arguments: one JSON object.
import { randomBytes, randomInt } from 'node:crypto';
import dgram from 'node:dgram';

const { group, port, kinds, count = Infinity, intervalMs = 1, name = 'eth0' } = JSON.parse(process.argv[2]);
const headerBytes = 48;
const sentOf = Object.fromEntries(kinds.map((kind) => [kind, 0]));
const socket = dgram.createSocket('udp6');
let genuine;
let sent = 0;

const make = {
  random: () => Buffer.concat([Buffer.of(0), randomBytes(randomInt(1200))]),
  truncated: () => Buffer.concat([Buffer.from('LC'), randomBytes(randomInt(headerBytes - 2))]),
  otherTag: () => changed((bytes) => randomBytes(8).copy(bytes, 8)),
  wireVersion: () => changed((bytes) => bytes.writeUInt8(0x10, 2)),
  type: () => changed((bytes) => bytes.writeUInt8(0x2f, 2)),
  wrongSize: () => changed((bytes) => bytes.writeUInt32BE(randomInt(1, 1000), 26)),
  outOfRange: () => changed((bytes) => bytes.writeUInt32BE(0xfffffff0, 36)),
  cut: () => genuine.subarray(0, randomInt(headerBytes, genuine.length)),
  digests: () => changed((bytes) => bytes.writeUInt8(0x22, 2)),
  forged: () =>
    changed((bytes) => {
      const symbol = randomInt(Math.floor(bytes.readUInt32BE(26) / bytes.readUInt16BE(30) / bytes.readUInt32BE(32)));
      bytes.writeUInt32BE(randomInt(bytes.readUInt32BE(32)), 36);
      bytes.writeUInt32BE(symbol, 40);
      randomBytes(bytes.length - headerBytes).copy(bytes, headerBytes);
    }),
};

const needsGenuine = kinds.some((kind) => kind !== 'random' && kind !== 'truncated');
if (needsGenuine) genuine = await listen();
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
    // Closing a socket discards the datagrams that it still has to send. When this datagram has left, all earlier ones have left too.
    socket.send(make[kind](), port, group, () => {
      socket.close();
      console.log(JSON.stringify({ event: 'sent', sent: sentOf }));
    });
  }, intervalMs);
});

function changed(change) {
  const bytes = Buffer.from(genuine);
  change(bytes);
  return bytes;
}

/**
 * The first genuine symbol of full length. For `forged`, `genuine` is from then on the newest of the same server, because a receiver takes only numbers near to
 * those that it hears: a forger who goes on with an old number raises no alarm.
 */
function listen() {
  const ear = dgram.createSocket({ type: 'udp6', reuseAddr: true });
  let server;
  return new Promise((resolve) => {
    ear.on('message', (bytes, { address }) => {
      if (bytes[2] !== 0x20 || bytes.length !== headerBytes + bytes.readUInt16BE(30)) return;
      server ??= address;
      if (address !== server) return;
      if (kinds.includes('forged')) genuine = bytes;
      else ear.close();
      ear.unref();
      resolve(bytes);
    });
    // Bound to the group: a socket for all addresses hears what other programs of this host have joined, too.
    ear.bind(port, group, () => ear.addMembership(group, `::%${name}`));
  });
}
