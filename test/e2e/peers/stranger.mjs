// Somebody on the link who answers the genuine datagrams of some groups with datagrams of his own, `ratio` for each, of these kinds in turn:
// `symbols` other bytes for symbols at the same, later and any positions, one in four of a wrong length;
// `copies` the same with other sequence numbers, times and marks;
// `pieces` pieces of descriptors, roots and catalogues, digests and run records: old ones, halves, with some bits changed, and of records that nobody signed;
// `garbage` wrong symbols that nobody else sends, signed with the key of server 1 of the fleet, which `fleetKey` (a file) and `server` give.
// Arguments: one JSON object. `source` is the address that he claims; without it, his own.
import { randomBytes, randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';
import { RunSigner } from '../../../dist/sender/run-signer.js';
import { newHeader, readHeader, writeHeader } from '../../../dist/wire/header.js';
import { RUN_DATAGRAMS, runRecordBytes } from '../../../dist/wire/runs.js';
import { derivedServerKey } from '../../../dist/wire/server-keys.js';
import { privateKeyFrom } from '../../../dist/wire/signature.js';

const { groups, port, kinds, ratio, source, fleet, server, fleetKey, name = 'eth0' } = JSON.parse(process.argv[2]);
const headerBytes = 48;
const header = newHeader();
const socket = dgram.createSocket('udp6');
const isSymbol = () => header.type === 0;
const signer =
  kinds[0] === 'garbage'
    ? new RunSigner(derivedServerKey(privateKeyFrom(readFileSync(fleetKey), fleetKey), fleet, server))
    : undefined;
const startedS = Math.floor(Date.now() / 1000);
const kept = [];
let sequence = randomInt(2 ** 31);
let runCount = RUN_DATAGRAMS - 1;
let untilRun = runCount;
let garbageEsi = 2 ** 20;
let debt = 0;
let turn = 0;

/** What he makes of a genuine datagram, in place; undefined: he leaves it alone. */
const make = {
  symbols: (bytes) => {
    if (!isSymbol()) return undefined;
    const steps = randomInt(60);
    const near = { sequence: (header.sequence + steps) >>> 0, esi: header.esi + randomInt(4 * steps + 1) };
    const strewn = { sequence: randomInt(2 ** 32), esi: randomInt(2 ** 24), block: randomInt(header.blockCount) };
    const made = written(noise(bytes), [{}, near, near, strewn][randomInt(4)]);
    return randomInt(4) > 0 ? made : made.subarray(0, randomInt(headerBytes, made.length));
  },
  copies: (bytes) => {
    if (!isSymbol()) return undefined;
    const number = randomInt(2) === 0 ? header.sequence + randomInt(400) - 100 : randomInt(2 ** 32);
    const marks = { sendTimeUs: randomInt(2 ** 32), slot: randomInt(65_536), stepLevel: 32, flags: randomInt(4) };
    return written(bytes, { ...marks, sequence: number >>> 0 });
  },
  pieces: (bytes) => {
    if (!isSymbol()) {
      if (kept.length < 200) kept.push(Buffer.from(bytes));
      else kept[randomInt(200)] = Buffer.from(bytes);
    }
    const old = kept.length === 0 ? undefined : Buffer.from(kept[randomInt(kept.length)]);
    const what = randomInt(4);
    if (what === 0 || old === undefined) return invented();
    if (what === 1) return old;
    if (what === 2) return old.subarray(0, randomInt(old.length));
    for (let i = randomInt(1, 8); i > 0; i--) old[randomInt(headerBytes, old.length)] ^= 1 << randomInt(8);
    return old;
  },
  garbage: (bytes) => {
    if (!isSymbol() || header.serverIndex !== 0) return undefined;
    return written(noise(bytes), { ...numbered(), esi: garbageEsi++ });
  },
};

/** A piece of a record of which nobody else has a piece. */
function invented() {
  const tag = { tagHigh: randomInt(2 ** 32), tagLow: randomInt(2 ** 32) };
  const shape = { sizeBytes: 40_000, symbolBytes: 1184, block: 0, blockCount: 1, esi: randomInt(33) };
  return written(Buffer.concat([Buffer.alloc(headerBytes), randomBytes(1184)]), { type: 1, ...tag, ...shape });
}

function noise(bytes) {
  randomBytes(bytes.length - headerBytes).copy(bytes, headerBytes);
  return bytes;
}

function written(bytes, fields) {
  writeHeader({ ...header, ...fields }, bytes, 0);
  return bytes;
}

/** Marks of the next datagram of the lying server. */
function numbered() {
  sequence = (sequence + 1) >>> 0;
  return { serverIndex: 1, sequence };
}

/** As a server does it: every datagram is noted, and every 64th is the record of those before. */
function sign(made, group) {
  signer.take(made, 0, made.length);
  if (--untilRun > 0) return;
  const record = Buffer.alloc(runRecordBytes(runCount));
  written(record, { ...numbered(), type: 3, block: startedS, esi: runCount });
  signer.take(record, 0, record.length);
  socket.send(record, port, group);
  [runCount, untilRun] = [RUN_DATAGRAMS, RUN_DATAGRAMS - 1];
}

async function follow(group) {
  const ear = dgram.createSocket({ type: 'udp6', reuseAddr: true });
  ear.on('message', (bytes) => {
    for (debt += ratio; debt >= 1; debt--) {
      // Each answer is made of the datagram as it came.
      if (readHeader(bytes, 0, bytes.length, header) !== undefined) return;
      const made = make[kinds[turn++ % kinds.length]](Buffer.from(bytes));
      if (made === undefined) continue;
      socket.send(made, port, group);
      if (signer !== undefined) sign(made, group);
    }
  });
  await new Promise((resolve) => ear.bind(port, group, resolve));
  ear.addMembership(group, `::%${name}`);
}

await new Promise((resolve) => socket.bind({ address: source, port: 0 }, resolve));
socket.setMulticastInterface(`::%${name}`);
socket.setMulticastTTL(4);
// What he sends himself must not come back as if it were genuine.
socket.setMulticastLoopback(false);
await Promise.all(groups.map(follow));
console.log(JSON.stringify({ event: 'sending' }));
