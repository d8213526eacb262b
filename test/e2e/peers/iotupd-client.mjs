// A receiver of iotupd, slow and plain, written from docs/interworking.md alone. It counts bytes that change, and is done when they are as many
// as the file has and the file is right. Arguments: one JSON object.
import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';

const { group, port, file, frame, name = 'eth0' } = JSON.parse(process.argv[2]);
const expected = readFileSync(file);
let content;
let changed = 0;
const hashes = new Set();
const sources = new Set();
const socket = dgram.createSocket({ type: 'udp6', reuseAddr: true });
socket.on('message', (bytes, { address }) => {
  if (bytes.length !== frame) throw new Error(`a datagram of ${bytes.length} bytes`);
  const at = frame === 1251 ? 1 : 2;
  const isBig = frame === 1246;
  const long = (start) => Number(isBig ? bytes.readBigUInt64BE(start) : bytes.readBigUInt64LE(start));
  const [size, offset] = [long(at), long(at + 8)];
  const length = isBig ? bytes.readUInt16BE(18) : long(at + 16);
  const head = at + 16 + (isBig ? 2 : 8);
  hashes.add(bytes.subarray(head, head + 32).toString('hex'));
  sources.add(address);
  content ??= Buffer.alloc(size);
  const piece = bytes.subarray(head + 32, head + 32 + length);
  if (content.subarray(offset, offset + length).equals(piece)) return;
  piece.copy(content, offset);
  changed += length;
  // From then on it compares the hash of the file after each frame that changes it.
  if (changed < size || !content.equals(expected)) return;
  console.log(JSON.stringify({ event: 'done', changed, hashes: [...hashes], sources: [...sources] }));
  process.exit(0);
});
socket.bind(port, group, () => {
  socket.addMembership(group, `::%${name}`);
  console.log(JSON.stringify({ event: 'listening' }));
});
