// A TCP server that returns what it gets, or with `address` a client that sends `sizeBytes` of random bytes, and prints whether exactly
// these came back. Arguments: one JSON object.
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';

const { address, port, sizeBytes = 0 } = JSON.parse(process.argv[2]);
const say = (event) => console.log(JSON.stringify(event));
if (address === undefined) {
  net.createServer((socket) => socket.pipe(socket)).listen(port, () => say({ event: 'listening' }));
} else {
  const sent = randomBytes(sizeBytes);
  const digest = createHash('sha256');
  const socket = net.connect(port, address, () => socket.end(sent));
  socket.on('data', (bytes) => digest.update(bytes));
  socket.on('end', () => {
    say({ event: 'returned', isSame: digest.digest('hex') === createHash('sha256').update(sent).digest('hex') });
  });
}
