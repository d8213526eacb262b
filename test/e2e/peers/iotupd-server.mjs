// A server of iotupd, slow and plain, written from the layouts and rules in docs/interworking.md alone: sends a file round and round, one frame
// every `intervalMs`. `wrongEvery`: each so many frames have wrong bytes. Numbers in the host's order are big-endian with `big`.
// Arguments: one JSON object.
import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';

const {
  group,
  port,
  file,
  frame,
  hash,
  big = false,
  first = 0,
  intervalMs = 1,
  wrongEvery = 0,
  name = 'eth0',
} = JSON.parse(process.argv[2]);
const content = readFileSync(file);
const room = 1194;
let offset = first;
let sequence = 0;

function long(value, isBig) {
  const bytes = Buffer.alloc(8);
  if (isBig) bytes.writeBigUInt64BE(BigInt(value));
  else bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function short(value) {
  return Buffer.from([value >> 8, value & 255]);
}

const data = Buffer.alloc(room);
function next() {
  const length = Math.min(room, content.length - offset);
  // Bytes beyond the length stay those of an earlier frame.
  content.copy(data, 0, offset, offset + length);
  const sent = Buffer.from(data);
  if (wrongEvery > 0 && sequence % wrongEvery === 0) sent[0] ^= 255;
  const numbers = [content.length, offset, length].map((value) => long(value, frame === 1246 || big));
  const head =
    frame === 1246
      ? [short(sequence), numbers[0], numbers[1], short(length)]
      : [frame === 1251 ? Buffer.from([0]) : short(sequence), ...numbers];
  sequence = (sequence + 1) % 65536;
  // A file of whole frames has one frame without bytes after its last one.
  offset = offset + room > content.length ? 0 : offset + room;
  return Buffer.concat([...head, Buffer.from(hash, 'hex'), sent]);
}

const socket = dgram.createSocket('udp6');
socket.bind(() => {
  socket.setMulticastInterface(`::%${name}`);
  socket.setMulticastTTL(4);
  console.log(JSON.stringify({ event: 'sending' }));
  setInterval(() => socket.send(next(), port, group), intervalMs);
});
