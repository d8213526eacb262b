import type { KeyObject } from 'node:crypto';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import { bufferContent, simulatedKeys, simulatedObject } from '../../dist/simulate/index.js';
import type { Prng } from '../../dist/simulate/random/prng.js';
import { packCatalogue } from '../../dist/wire/catalogue.js';
import { recordDatagrams } from '../../dist/wire/fragments.js';
import { ANNOUNCEMENT_CHANNEL, newHeader, readHeader, stampHeader, writeHeader } from '../../dist/wire/header.js';
import { keyIdOf, rawPublicKey } from '../../dist/wire/public-key.js';
import { packRoot } from '../../dist/wire/root.js';
import { peekRecord, RecordKind, signRecord } from '../../dist/wire/signature.js';

/** Genuine datagrams of each type that are kept to be changed: enough that some are of earlier runs and other blocks. */
const KEPT = 64;
/** Values at which fields of the header begin to mean something else. */
const EDGES = [0, 1, 15, 16, 63, 64, 65, 255, 256, 2 ** 16 - 1, 2 ** 24 - 1, 2 ** 24, 2 ** 31, 2 ** 32 - 1];

/** Changes genuine datagrams of every type, and makes records that are right up to one layer of their reading. */
export class Mutator {
  readonly #prng: Prng;
  readonly #kept = new Map<number, Uint8Array[]>();
  readonly #strangers;
  readonly #fleetKeyId: Buffer;
  /** Pieces of records that were made before. */
  readonly #made: (Uint8Array | undefined)[] = new Array(KEPT).fill(undefined);

  /** @param fleetKey whose signatures receivers check */
  constructor(prng: Prng, fleetKey: KeyObject) {
    this.#prng = prng;
    this.#fleetKeyId = Buffer.from(keyIdOf(fleetKey), 'hex');
    this.#strangers = simulatedKeys(prng.fork('stranger'));
  }

  /** Keeps a genuine datagram. */
  hear(bytes: Uint8Array): void {
    const type = bytes[2]! & 15;
    const kept = this.#kept.get(type) ?? [];
    this.#kept.set(type, kept);
    if (kept.length < KEPT) kept.push(bytes);
    else kept[this.#prng.below(KEPT)] = bytes;
  }

  /** The next datagram; undefined before a genuine one was kept. */
  next(): Uint8Array | undefined {
    const prng = this.#prng;
    const types = [...this.#kept.values()];
    if (types.length === 0) return undefined;
    const one = () => {
      const kept = types[prng.below(types.length)]!;
      return kept[prng.below(kept.length)]!.slice();
    };
    const bytes = one();
    switch (prng.below(9)) {
      case 0:
        return this.#flipped(bytes);
      case 1:
        return bytes.subarray(0, prng.below(bytes.length + 1));
      case 2:
        return joined(bytes, prng.fill(new Uint8Array(prng.below(300))));
      case 3:
        return joined(bytes.subarray(0, HEADER_BYTES), one().subarray(HEADER_BYTES));
      case 4:
        return this.#withEdges(bytes);
      case 5:
        return prng.fill(new Uint8Array(prng.below(1500)));
      case 6:
        // The same again, with marks of another time.
        if (bytes.length >= HEADER_BYTES) stampHeader(this.#marks(), bytes, 0);
        return bytes;
      case 7:
        return this.#record();
      default: {
        const at = Math.min(HEADER_BYTES, bytes.length);
        prng.fill(bytes.subarray(at + prng.below(bytes.length - at + 1)));
        return bytes;
      }
    }
  }

  #marks() {
    const prng = this.#prng;
    const [sequence, sendTimeUs] = [prng.next(), prng.next()];
    return { sequence, sendTimeUs, slot: prng.below(65_536), stepLevel: prng.below(256), flags: prng.below(256) };
  }

  #flipped(bytes: Uint8Array): Uint8Array {
    for (let i = 1 + this.#prng.below(8); i > 0 && bytes.length > 0; i--) {
      bytes[this.#prng.below(bytes.length)]! ^= 1 << this.#prng.below(8);
    }
    return bytes;
  }

  /** With one to three fields of the header at an edge. */
  #withEdges(bytes: Uint8Array): Uint8Array {
    const header = newHeader();
    if (readHeader(bytes, 0, bytes.length, header) !== undefined) return this.#flipped(bytes);
    const fields = [
      'block',
      'esi',
      'sequence',
      'blockCount',
      'symbolBytes',
      'sizeBytes',
      'serverIndex',
      'type',
    ] as const;
    const changes: Partial<Record<(typeof fields)[number], number>> = {};
    for (let i = 1 + this.#prng.below(3); i > 0; i--) {
      const field = fields[this.#prng.below(fields.length)]!;
      const bits = { symbolBytes: 16, serverIndex: 8, type: 2 }[field as string] ?? 32;
      changes[field] = EDGES[this.#prng.below(EDGES.length)]! % 2 ** bits;
    }
    writeHeader({ ...header, ...(changes as Partial<typeof header>) }, bytes, 0);
    return bytes;
  }

  /** A piece of a descriptor, root or catalogue with its right tag: whole, changed before or after somebody signed it. */
  #record(): Uint8Array {
    const prng = this.#prng;
    // Signing takes longer than all else here, so most records are of earlier ones.
    const made = this.#made[prng.below(KEPT)];
    if (made !== undefined && prng.happens(0.95))
      return prng.happens(0.3) ? this.#flipped(Uint8Array.from(made)) : made;
    const kinds = [RecordKind.descriptor, RecordKind.root, RecordKind.catalogue];
    const kind = kinds[prng.below(kinds.length)]!;
    const isChangedBefore = prng.happens(0.5);
    const body = Uint8Array.from(this.#body(kind));
    let record = signRecord(isChangedBefore ? this.#flipped(body) : body, this.#strangers.privateKey, kind);
    // In the fleet's name, so that the signature itself is checked.
    if (prng.happens(0.5)) record = withKeyId(record, this.#fleetKeyId);
    if (prng.happens(0.3)) record = this.#flipped(Uint8Array.from(record));
    const pieces = recordDatagrams(record, prng.below(256), ANNOUNCEMENT_CHANNEL);
    const piece = Uint8Array.from(pieces[prng.below(pieces.length)]!);
    this.#made[prng.below(KEPT)] = piece;
    return piece;
  }

  #body(kind: RecordKind): Uint8Array {
    const prng = this.#prng;
    const raw = rawPublicKey(this.#strangers.publicKey);
    const role = { threshold: 1, keyIds: [keyIdOf(raw)] };
    const [version, createdS] = [1 + prng.below(5), prng.below(2 ** 31)];
    const expiresS = createdS + prng.below(1e6);
    if (kind === RecordKind.root) {
      const origin = version === 1 ? undefined : Buffer.from(prng.fill(new Uint8Array(8))).toString('hex');
      const head = { fleet: 'fleet', version, createdS, expiresS, origin };
      return packRoot({ ...head, keys: [raw], root: undefined, release: role, announce: role });
    }
    if (kind === RecordKind.catalogue) {
      const entries = [{ object: 'object', version, digest: prng.fill(new Uint8Array(32)) }];
      const head = {
        fleet: 'fleet',
        serverIndex: prng.below(255),
        version,
        rootVersion: prng.below(3),
        createdS,
        expiresS,
      };
      return packCatalogue({ ...head, part: 0, partCount: 1, entries });
    }
    const content = bufferContent(prng.fill(new Uint8Array(1 + prng.below(3000))));
    const channels = [{ rateBitsPerSecond: 1e6 }];
    return peekRecord(simulatedObject({ content, version, channels }, this.#strangers.privateKey).record)!;
  }
}

/** A record whose only signature names this key (docs/wire-format.md, records). */
function withKeyId(record: Uint8Array, keyId: Uint8Array): Uint8Array {
  const made = Uint8Array.from(record);
  made.set(keyId, 2);
  return made;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
