import { createHash } from 'node:crypto';
import { HEADER_BYTES } from '../../dist/base/limits.js';
import type { ReceivedBatch } from '../../dist/base/ports.js';
import { BlockEncoder } from '../../dist/fec/index.js';
import { MerkleTree, RUN_LEAVES } from '../../dist/object/merkle.js';
import { intervalUs } from '../../dist/rate/ladder/ladder.js';
import { addressToBytes } from '../../dist/wire/address.js';
import { type Descriptor, NO_CODE, objectTag, RAPTORQ } from '../../dist/wire/descriptor.js';
import { digestDatagram } from '../../dist/wire/digests.js';
import { DatagramType, newHeader, stampHeader, writeHeader } from '../../dist/wire/header.js';
import { randomBytes } from '../../test/fec/samples.js';

export const SYMBOL_BYTES = 1184;
const DATAGRAM_BYTES = SYMBOL_BYTES + HEADER_BYTES;
const FIRST_REPAIR_ESI = 2 ** 20;
/** Position of the block's number in a header (docs/wire-format.md). */
const BLOCK_AT = 36;

export interface ReadyOptions {
  readonly blockCount: number;
  readonly blockSymbols: number;
  readonly isCoded: boolean;
  /** Share of source symbols that repair symbols replace, 0–1. */
  readonly repairRatio: number;
  /** Symbols of one block that are sent before the next block has its turn. */
  readonly runSymbols: number;
  /** Datagrams in each message of a batch. */
  readonly messageDatagrams: number;
  /** Messages in each batch. */
  readonly batchMessages: number;
}

/**
 * An object of equal blocks, with all datagrams of one block in memory. So an object of any size takes the memory of one block, and a
 * batch costs one copy.
 */
export class ReadyObject {
  readonly descriptor: Descriptor;
  readonly digests: readonly ReceivedBatch[];
  readonly batchCount: number;
  readonly #options: ReadyOptions;
  readonly #block: Buffer;
  readonly #batch: Mutable<ReceivedBatch>;
  readonly #messages: readonly Buffer[];
  #sequence = 0;

  constructor(options: ReadyOptions) {
    const { blockCount, blockSymbols, messageDatagrams, batchMessages } = options;
    this.#options = options;
    const source = randomBytes(blockSymbols * SYMBOL_BYTES, 1);
    const digest = createHash('sha256').update(source).digest();
    const leaves = Buffer.concat(Array.from({ length: blockCount }, () => digest));
    const tree = new MerkleTree(leaves);
    this.descriptor = describe(options, tree.root, digest);
    const header = headerOf(this.descriptor);
    this.#block = blockOf(options, source, header);
    const runs = blockCount === 1 ? 0 : tree.runCount;
    this.digests = Array.from({ length: runs }, (_, run) => {
      const part = leaves.subarray(run * RUN_LEAVES * 32, (run + 1) * RUN_LEAVES * 32);
      const datagram = digestDatagram(header, run, { leaves: part, proof: tree.proofOfRun(run) });
      stampHeader({ sequence: this.#sequence++, sendTimeUs: 0, slot: 0, stepLevel: 0, flags: 0 }, datagram, 0);
      return single(datagram);
    });
    this.#messages = Array.from({ length: batchMessages }, () => Buffer.alloc(messageDatagrams * DATAGRAM_BYTES));
    this.batchCount = Math.ceil((blockCount * blockSymbols) / (messageDatagrams * batchMessages));
    this.#batch = { ...single(this.#messages[0]!), buffers: this.#messages };
  }

  get symbolCount(): number {
    return this.#options.blockCount * this.#options.blockSymbols;
  }

  /** Batch `index` of a pass over the object; valid until the next call. */
  batch(index: number, nowUs: number): ReceivedBatch {
    const { messageDatagrams, batchMessages } = this.#options;
    const [lengths, segments, arrivals]: [number[], number[], number[]] = [[], [], []];
    let position = index * batchMessages * messageDatagrams;
    let count = 0;
    for (; count < batchMessages && position < this.symbolCount; count++) {
      const message = this.#messages[count]!;
      const datagrams = Math.min(messageDatagrams, this.symbolCount - position);
      for (let i = 0; i < datagrams; i++) this.#compose(position++, message, i * DATAGRAM_BYTES, nowUs);
      lengths.push(datagrams * DATAGRAM_BYTES);
      segments.push(DATAGRAM_BYTES);
      arrivals.push(nowUs);
    }
    Object.assign(this.#batch, { count, lengths, segmentBytes: segments, arrivalsUs: arrivals });
    Object.assign(this.#batch, { starts: lengths.map(() => 0), sourceIds: lengths.map(() => 1) });
    return this.#batch;
  }

  #compose(position: number, message: Buffer, at: number, nowUs: number): void {
    const { blockCount, blockSymbols, runSymbols } = this.#options;
    const round = Math.floor(position / (runSymbols * blockCount));
    const inRound = position - round * runSymbols * blockCount;
    const length = Math.min(runSymbols, blockSymbols - round * runSymbols);
    const block = Math.floor(inRound / length);
    const row = round * runSymbols + (inRound % length);
    this.#block.copy(message, at, row * DATAGRAM_BYTES, (row + 1) * DATAGRAM_BYTES);
    const sendTimeUs = Math.floor(nowUs) >>> 0;
    stampHeader({ sequence: this.#sequence++, sendTimeUs, slot: 0, stepLevel: 0, flags: 0 }, message, at);
    message.writeUInt32BE(block, at + BLOCK_AT);
  }
}

function describe(options: ReadyOptions, blockRoot: Uint8Array, digest: Uint8Array): Descriptor {
  const { blockCount, blockSymbols, isCoded } = options;
  return {
    fleet: 'bench',
    object: 'ready',
    version: 1,
    sizeBytes: blockCount * blockSymbols * SYMBOL_BYTES,
    symbolBytes: SYMBOL_BYTES,
    blockCount,
    fecEncodingId: isCoded ? RAPTORQ : NO_CODE,
    // Blocks are proven by their own digests, so nothing hashes the whole object. An object of one block has the digest of the block.
    sha256: digest,
    blockRoot,
    mode: 'several',
    ssm: false,
    channels: [
      { group: addressToBytes('ff15::1'), port: 5000, intervalUs: intervalUs(1e9, SYMBOL_BYTES), startRatio: 0 },
    ],
    servers: [{ index: 0, name: 's0', address: undefined, startRatio: 0, channels: undefined }],
    createdS: 0,
    expiresS: undefined,
  };
}

function headerOf(descriptor: Descriptor) {
  const { sizeBytes, symbolBytes, blockCount, fecEncodingId } = descriptor;
  const tag = Buffer.from(objectTag(descriptor));
  const [tagHigh, tagLow] = [tag.readUInt32BE(0), tag.readUInt32BE(4)];
  return { ...newHeader(), sizeBytes, symbolBytes, blockCount, fecEncodingId, tagHigh, tagLow };
}

/** All datagrams that a block needs, in the order in which they are sent. */
function blockOf({ blockSymbols, isCoded, repairRatio }: ReadyOptions, source: Uint8Array, header: object): Buffer {
  const datagrams = Buffer.alloc(blockSymbols * DATAGRAM_BYTES);
  const lostEvery = repairRatio > 0 ? 1 / repairRatio : Number.POSITIVE_INFINITY;
  const isLost = (esi: number) => Math.floor((esi + 1) / lostEvery) > Math.floor(esi / lostEvery);
  const kept = Array.from({ length: blockSymbols }, (_, esi) => esi).filter((esi) => !isLost(esi));
  const repairs = Array.from({ length: blockSymbols - kept.length }, (_, i) => FIRST_REPAIR_ESI + i);
  const encoder = isCoded && repairs.length > 0 ? BlockEncoder.fromSource(source, SYMBOL_BYTES) : undefined;
  for (const [row, esi] of [...kept, ...repairs].entries()) {
    const at = row * DATAGRAM_BYTES;
    writeHeader({ ...newHeader(), ...header, type: DatagramType.symbol, esi }, datagrams, at);
    const payload = datagrams.subarray(at + HEADER_BYTES, at + DATAGRAM_BYTES);
    if (esi < blockSymbols) payload.set(source.subarray(esi * SYMBOL_BYTES, (esi + 1) * SYMBOL_BYTES));
    else encoder?.encode(esi, payload);
  }
  return datagrams;
}

function single(datagram: Uint8Array): ReceivedBatch {
  const lengths = [datagram.length];
  return {
    count: 1,
    buffers: [datagram],
    starts: [0],
    lengths,
    segmentBytes: lengths,
    arrivalsUs: [0],
    sourceIds: [1],
    droppedCount: 0,
  };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
