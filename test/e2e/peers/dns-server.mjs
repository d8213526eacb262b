// A name server of SRV and AAAA records, slow and plain (RFC 1035, 2782, 3596). It reads its zone anew for each question: a JSON file
// { "srv": [[priority, weight, port, target], …], "hosts": { name: [address, …] } }. Arguments: one JSON object.
import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';

const { address, zone: path, domain, ttl = 1 } = JSON.parse(process.argv[2]);

function nameIn(bytes, start) {
  const labels = [];
  let at = start;
  for (; bytes[at] > 0; at += bytes[at] + 1) labels.push(bytes.toString('latin1', at + 1, at + 1 + bytes[at]));
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

function nameBytes(name) {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

function short(value) {
  return Buffer.from([value >> 8, value & 255]);
}

function addressBytes(text) {
  const [head, tail] = text.split('::').map((part) => part.split(':').filter((field) => field !== ''));
  const zeros = Array(8 - head.length - (tail?.length ?? 0)).fill('0');
  return Buffer.concat([...head, ...zeros, ...(tail ?? [])].map((field) => short(Number.parseInt(field, 16))));
}

const socket = dgram.createSocket('udp6');
socket.on('message', (query, from) => {
  const { name, end } = nameIn(query, 12);
  const type = query.readUInt16BE(end);
  const { srv, hosts } = JSON.parse(readFileSync(path, 'utf8'));
  const data =
    type === 33 && name === `_layercast._udp.${domain}`
      ? srv.map(([priority, weight, port, target]) =>
          Buffer.concat([short(priority), short(weight), short(port), nameBytes(target)]),
        )
      : type === 28
        ? (hosts[name] ?? []).map(addressBytes)
        : [];
  const answers = data.map((bytes) =>
    // The name of the question, at byte 12; the class is IN.
    Buffer.concat([short(0xc00c), short(type), short(1), short(0), short(ttl), short(bytes.length), bytes]),
  );
  const head = Buffer.concat([
    query.subarray(0, 2),
    short(0x8580),
    short(1),
    short(answers.length),
    short(0),
    short(0),
  ]);
  socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...answers]), from.port, from.address);
});
socket.bind(53, address, () => console.log(JSON.stringify({ event: 'listening' })));
