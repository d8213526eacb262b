import { DatagramCursor } from '../../dist/base/datagram-cursor.js';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import type { ReceivedBatch } from '../../dist/base/ports.js';
import type { SimulatedObject, VirtualHost } from '../../dist/simulate/index.js';
import type { Prng } from '../../dist/simulate/random/prng.js';
import { DatagramType, type Header, newHeader, readHeader, writeHeader } from '../../dist/wire/header.js';
import { batchOfOne } from '../sender/sent-datagrams.js';
import { dataGroupOf } from './attack.js';
import type { Bed } from './bed.js';

/** What a stranger sends. */
export type StrangerKind =
  /** Forged bytes for the symbol that a server has just sent, with its numbers. */
  | 'samePosition'
  /** Forged bytes for symbols that the server sends soon, with the numbers that they will have. */
  | 'futurePosition'
  /** Forged bytes for symbols anywhere, with any numbers. */
  | 'strewn'
  /** As `futurePosition`, of wrong lengths. */
  | 'wrongLength'
  /** Genuine symbols with other sequence numbers, times and marks. */
  | 'copies'
  /** Run records, genuine ones with changes and old ones. */
  | 'records';

export interface StrangerOptions {
  readonly kind: StrangerKind;
  readonly ratio: number;
  /** The address that he claims; his own if undefined. */
  readonly source: string | undefined;
}

/** A host that hears all channels of an object and answers each genuine datagram with forged ones, in proportion. */
export class Stranger {
  readonly ready: Promise<void>;
  readonly host: VirtualHost;
  readonly #object: SimulatedObject;
  readonly #options: StrangerOptions;
  readonly #prng: Prng;
  #debt = 0;
  readonly #kept: Uint8Array[] = [];

  constructor(bed: Bed, object: SimulatedObject, options: StrangerOptions) {
    this.#object = object;
    this.#options = options;
    this.#prng = bed.network.prng.fork('stranger');
    this.host = bed.host('stranger');
    this.ready = Promise.all(object.descriptor.channels.map((_, channel) => this.#follow(channel))).then(
      () => undefined,
    );
  }

  async #follow(channel: number): Promise<void> {
    const place = dataGroupOf(this.#object, channel);
    const { source } = this.#options;
    const socket = await this.host.openSender({ ...place, interface: undefined, source, hopLimit: 16, dscp: 0 });
    const cursor = new DatagramCursor();
    const header = newHeader();
    let lastSent: Uint8Array | undefined;
    const onBatch = (batch: ReceivedBatch) => {
      for (cursor.begin(batch); cursor.next(); ) {
        const bytes = cursor.bytes.slice(cursor.start, cursor.start + cursor.length);
        // Its own datagrams come back where it claims the server's address.
        if (readHeader(bytes, 0, bytes.length, header) !== undefined) continue;
        if (lastSent !== undefined && Buffer.compare(bytes, lastSent) === 0) continue;
        if (this.#mine.delete(Buffer.from(bytes).toString('base64'))) continue;
        this.#debt += this.#options.ratio;
        for (; this.#debt >= 1; this.#debt--) {
          const made = this.#forge(header, bytes);
          if (made === undefined) continue;
          lastSent = made;
          this.#mine.add(Buffer.from(made).toString('base64'));
          if (this.#mine.size > 1000) this.#mine.clear();
          void socket.send(batchOfOne(made));
        }
      }
    };
    await this.host.join({ ...place, interface: undefined, sources: [] }, onBatch);
  }

  readonly #mine = new Set<string>();

  #forge(heard: Readonly<Header>, bytes: Uint8Array): Uint8Array | undefined {
    const prng = this.#prng;
    const isSymbol = heard.type === DatagramType.symbol;
    switch (this.#options.kind) {
      case 'samePosition':
        return isSymbol ? this.#symbol(heard, {}) : undefined;
      case 'futurePosition':
        return isSymbol ? this.#symbol(heard, this.#ahead(heard)) : undefined;
      case 'wrongLength': {
        const made = isSymbol ? this.#symbol(heard, this.#ahead(heard)) : undefined;
        return made?.subarray(0, HEADER_BYTES + prng.below(made.length - HEADER_BYTES));
      }
      case 'strewn': {
        const block = prng.below(this.#object.descriptor.blockCount);
        return this.#symbol(heard, { block, esi: prng.below(2 ** 24), sequence: prng.next(), sendTimeUs: prng.next() });
      }
      case 'copies': {
        const near = (heard.sequence + prng.below(400) - 100) >>> 0;
        const sequence = prng.happens(0.5) ? prng.next() : near;
        const marks = {
          sequence,
          sendTimeUs: prng.next(),
          slot: prng.below(65_536),
          stepLevel: 32,
          flags: prng.below(4),
        };
        const copy = Uint8Array.from(bytes);
        writeHeader({ ...heard, ...marks }, copy, 0);
        return copy;
      }
      case 'records': {
        if (heard.type === DatagramType.run && this.#kept.length < 100) this.#kept.push(bytes);
        const old = this.#kept[prng.below(Math.max(1, this.#kept.length))];
        if (old === undefined) return undefined;
        const copy = Uint8Array.from(old);
        if (prng.happens(0.3)) return copy;
        const header = newHeader();
        readHeader(copy, 0, copy.length, header);
        writeHeader({ ...header, sequence: (heard.sequence + prng.below(64)) >>> 0 }, copy, 0);
        copy[HEADER_BYTES + prng.below(copy.length - HEADER_BYTES)]! ^= 1 << prng.below(8);
        return copy;
      }
    }
  }

  /** The position and number that the server gives a symbol soon: it goes on in the same block. */
  #ahead(heard: Readonly<Header>): Partial<Header> {
    const steps = 1 + this.#prng.below(60);
    const { blockCount } = this.#object.descriptor;
    const block = (heard.block + Math.floor(steps / 4)) % blockCount;
    return { sequence: (heard.sequence + steps) >>> 0, block, esi: heard.esi + this.#prng.below(4 * steps) };
  }

  #symbol(heard: Readonly<Header>, fields: Partial<Header>): Uint8Array {
    const { symbolBytes } = this.#object.descriptor;
    const made = this.#prng.fill(new Uint8Array(HEADER_BYTES + symbolBytes));
    writeHeader({ ...heard, ...fields, type: DatagramType.symbol }, made, 0);
    return made;
  }
}
