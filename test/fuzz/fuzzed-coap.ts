import type { CoapCounts } from '../../dist/coap/bounds.js';
import { Code } from '../../dist/coap/code.js';
import { encodeMessage } from '../../dist/coap/message.js';
import type { Peer } from '../../dist/coap/peer.js';
import type { CoapResource, CoapSite } from '../../dist/coap/site.js';
import { Directory } from '../../dist/manager/directory/directory.js';
import { DirectorySite } from '../../dist/manager/directory/directory-site.js';
import { Prng } from '../../dist/simulate/random/prng.js';
import { Wire } from '../coap/wire.js';

const SERVER: Peer = { address: 'fd00::1', port: 5683 };
/** Genuine messages that are kept to be changed. */
const KEPT = 64;
/** Changed messages for each genuine one. */
const CHANGED = 8;
const MOST_REGISTRATIONS = 20;
const MOST_PAYLOAD = 3000;

/** What became of a flood of changed messages. */
export interface CoapOutcome {
  /** Changed messages. */
  readonly messages: number;
  /** What the server counted. */
  readonly counts: CoapCounts;
  /** Payloads that the server took. */
  readonly taken: number;
}

/**
 * Floods an endpoint that has a file, a state to observe, a resource that takes payloads, and a resource directory with changed messages of genuine
 * clients, from their addresses and from others.
 *
 * @throws {Error} if a bound is passed, or a client does not get the file after the flood; whatever an endpoint throws
 */
export async function fuzzCoap(seed: string, messages: number): Promise<CoapOutcome> {
  const prng = new Prng(`${seed}/coap`);
  const wire = new Wire(seed);
  const file = prng.fill(new Uint8Array(5000));
  let [sent, taken] = [0, 0];
  const randomBytes = (count: number) => prng.fill(new Uint8Array(count));
  const callbacks = { onRegistered: () => undefined, onEnded: () => undefined };
  const directory = new Directory({ clock: wire.clock, randomBytes }, MOST_REGISTRATIONS, callbacks);
  const take = (bytes: number) => {
    if (bytes > MOST_PAYLOAD) throw new Error(`a payload of ${bytes} bytes was taken`);
    taken++;
  };
  const server = wire.endpoint(SERVER, {
    site: siteOf(file, new DirectorySite(directory, () => true, wire.clock), take),
  });
  const kept: Uint8Array[] = [];
  const flood = (genuine: Uint8Array, from: Peer) => {
    if (kept.length < KEPT) kept.push(genuine);
    else kept[prng.below(KEPT)] = genuine;
    for (let i = 0; i < CHANGED && sent < messages; i++) {
      sent++;
      const source = prng.happens(0.7) ? from : { address: `fd00::${prng.below(9) + 9}`, port: prng.below(3) + 1 };
      server.receive(changed(prng, kept), source);
    }
  };
  wire.loses = ({ from, to, message }) => {
    if (to.address === SERVER.address && message !== undefined) flood(encodeMessage(message).slice(), from);
    return false;
  };
  for (let round = 0; sent < messages; round++) {
    const client = wire.endpoint({ address: 'fd00::2', port: 1000 + (round % 8) });
    const path = [['file'], ['state'], ['.well-known', 'core'], ['rd-lookup', 'ep']][prng.below(4)]!;
    const asked = [
      client.request(SERVER, { method: 'GET', path }),
      client.request(SERVER, { method: 'POST', path: ['sw'], payload: file.subarray(0, prng.below(4000)) }),
      client.request(SERVER, { method: 'POST', path: ['rd'], query: [`ep=d${round % 30}`, 'lt=60'] }),
    ];
    client.observe(SERVER, { path: ['state'] }, { onNotification: () => undefined, onEnd: () => undefined });
    await wire.finish(Promise.allSettled(asked));
    server.notify(['state']);
    await wire.pass(1e6);
    client.close();
    // What is on record would grow without end.
    wire.seen.length = 0;
    if (directory.size > MOST_REGISTRATIONS) throw new Error(`${directory.size} registrations`);
    if (server.observerCount > 256) throw new Error(`${server.observerCount} observers`);
  }
  wire.loses = () => false;
  const last = wire.endpoint({ address: 'fd00::3', port: 5683 });
  const { code, payload } = await wire.finish(last.request(SERVER, { method: 'GET', path: ['file'] }));
  if (code !== Code.content || Buffer.compare(payload, file) !== 0) throw new Error('the file is not served any more');
  const counts = { ...server.counts };
  server.close();
  directory.close();
  return { messages: sent, counts, taken };
}

function siteOf(file: Uint8Array, directory: CoapSite, take: (bytes: number) => void): CoapSite {
  let state = 0;
  const content = {
    sizeBytes: file.length,
    etag: file.subarray(0, 8),
    read: async (offset: number, into: Uint8Array) => {
      into.set(file.subarray(offset, offset + into.length));
      return true;
    },
  };
  const own: Readonly<Record<string, CoapResource>> = {
    file: { answer: () => ({ code: Code.content, content }) },
    state: { isObservable: true, answer: () => ({ code: Code.content, payload: Buffer.from(`${state++}`) }) },
    sw: {
      maxPayloadBytes: MOST_PAYLOAD,
      answer: ({ payload }) => {
        take(payload.length);
        return { code: Code.changed };
      },
    },
  };
  return { links: () => directory.links(), find: (path) => own[path.join('/')] ?? directory.find(path) };
}

/** A message with flipped bits, cut, lengthened, joined with another, or none at all. */
function changed(prng: Prng, kept: readonly Uint8Array[]): Uint8Array {
  const bytes = kept[prng.below(kept.length)]!.slice();
  switch (prng.below(6)) {
    case 0:
      return bytes.subarray(0, prng.below(bytes.length + 1));
    case 1:
      return Buffer.concat([bytes, prng.fill(new Uint8Array(prng.below(300)))]);
    case 2: {
      const other = kept[prng.below(kept.length)]!;
      return Buffer.concat([bytes.subarray(0, prng.below(bytes.length)), other.subarray(prng.below(other.length))]);
    }
    case 3:
      return prng.fill(new Uint8Array(prng.below(1500)));
    case 4:
      // The same again with another id: all else of it is right.
      prng.fill(bytes.subarray(2, 4));
      return bytes;
    default:
      for (let i = 1 + prng.below(8); i > 0; i--) bytes[prng.below(bytes.length)]! ^= 1 << prng.below(8);
      return bytes;
  }
}
