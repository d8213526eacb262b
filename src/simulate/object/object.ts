import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { DEFAULT_SYMBOL_BYTES, DIGEST_BYTES } from '../../base/limits.js';
import { type ObjectDigests, ObjectHasher } from '../../object/digest.js';
import { blockLength, type Geometry, geometryOf } from '../../object/geometry.js';
import { merkleRoot } from '../../object/merkle.js';
import { intervalUs } from '../../rate/ladder/ladder.js';
import { addressToBytes, announcementName, channelName, groupOf } from '../../wire/address.js';
import { type Descriptor, NO_CODE, packDescriptor, RAPTORQ } from '../../wire/descriptor.js';
import { DEFAULT_GROUP_HASH, DEFAULT_PORT, DEFAULT_SCOPE } from '../../wire/group-options.js';
import { rawPublicKey } from '../../wire/public-key.js';
import type { SendingWindows } from '../../wire/sending-windows.js';
import { derivedServerKey } from '../../wire/server-keys.js';
import { signRecord } from '../../wire/signature.js';
import { SIMULATION_EPOCH_US } from '../clock/host-clock.js';
import type { Prng } from '../random/prng.js';
import { BlockEncoders } from './coded-symbols.js';
import type { Content } from './content.js';

export interface ObjectPlan {
  /** @default fleet */
  readonly fleet?: string;
  /** @default object */
  readonly object?: string;
  /** @default 1 */
  readonly version?: number;
  readonly content: Content;
  /** @default 1184 */
  readonly symbolBytes?: number;
  /** Most symbols in a block. @default 256 */
  readonly blockSymbols?: number;
  readonly channels: readonly {
    readonly rateBitsPerSecond: number;
    readonly startRatio?: number;
    /** @default derived from the channel's name */
    readonly group?: string | undefined;
    readonly port?: number | undefined;
  }[];
  /** @default one server that sends all channels */
  readonly servers?: readonly {
    readonly name: string;
    readonly address?: string | undefined;
    readonly startRatio?: number;
    readonly channels?: readonly number[] | undefined;
  }[];
  /** @default several */
  readonly mode?: 'several' | 'best';
  readonly ssm?: boolean;
  /** @default none */
  readonly code?: 'none' | 'raptorq';
  /** When the descriptor was made, in seconds from the beginning of the simulation. @default 0 */
  readonly createdS?: number;
  /** When the descriptor expires, in seconds from the beginning of the simulation. @default never */
  readonly expiresS?: number;
  /**
   * Whether servers sign the runs that they send, with keys derived from the fleet's. Without, simulations of many receivers hash nothing.
   * @default false
   */
  readonly isSigned?: boolean;
  /** Announcement interval that the descriptor states. @default none is stated */
  readonly announceIntervalUs?: number;
  /** When servers send it. @default always */
  readonly schedule?: SendingWindows;
}

/** One version of an object, signed and ready to be sent. */
export interface SimulatedObject {
  readonly descriptor: Descriptor;
  readonly record: Uint8Array;
  readonly blockDigests: Uint8Array;
  readonly content: Content;
  /** Makes the coded symbols that are asked for. */
  readonly encoders: BlockEncoders;
  /** The private keys of the servers, by index, if they sign their runs. */
  readonly serverKeys: readonly KeyObject[];
}

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** RFC 8410, section 7: the bytes before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Bytes are hashed in pieces of this size. */
const HASHED_BYTES = 2 ** 20;

/** The same key from the same seed, for simulated fleets only. */
export function simulatedKeys(prng: Prng): KeyPair {
  const der = Buffer.concat([PKCS8_PREFIX, prng.fill(new Uint8Array(32))]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** Hashes the content, and makes and signs its descriptor. */
export function simulatedObject(plan: ObjectPlan, key: KeyObject): SimulatedObject {
  const {
    fleet = 'fleet',
    object = 'object',
    version = 1,
    content,
    symbolBytes = DEFAULT_SYMBOL_BYTES,
    blockSymbols = 256,
  } = plan;
  const { mode = 'several', ssm = false, code = 'none', servers = [{ name: 'server' }], createdS = 0, expiresS } = plan;
  const blockCount = Math.ceil(Math.ceil(content.sizeBytes / symbolBytes) / blockSymbols);
  const { sha256, blockDigests } = digestsOf(content, symbolBytes, blockCount);
  const { isSigned = false } = plan;
  const serverKeys = isSigned ? servers.map(({ name }) => derivedServerKey(key, fleet, name)) : [];
  const epochS = SIMULATION_EPOCH_US / 1e6;
  const descriptor: Descriptor = {
    fleet,
    object,
    version,
    sizeBytes: content.sizeBytes,
    symbolBytes,
    blockCount,
    fecEncodingId: code === 'raptorq' ? RAPTORQ : NO_CODE,
    sha256,
    blockRoot: merkleRoot(blockDigests),
    mode,
    ssm,
    channels: plan.channels.map(({ rateBitsPerSecond, startRatio = 0, group, port = DEFAULT_PORT }, index) => ({
      group: addressToBytes(
        group ?? groupOf(channelName(fleet, object, index), { scope: DEFAULT_SCOPE, hash: DEFAULT_GROUP_HASH, ssm }),
      ),
      port,
      intervalUs: intervalUs(rateBitsPerSecond, symbolBytes),
      startRatio,
    })),
    servers: servers.map(({ name, address, startRatio = 0, channels }, index) => ({
      index,
      name,
      address: address === undefined ? undefined : addressToBytes(address),
      startRatio,
      channels,
      ...(serverKeys.length === 0 ? {} : { publicKey: rawPublicKey(serverKeys[index]!) }),
    })),
    createdS: epochS + createdS,
    expiresS: expiresS === undefined ? undefined : epochS + expiresS,
    ...(plan.schedule === undefined ? {} : { schedule: plan.schedule }),
    ...(plan.announceIntervalUs === undefined ? {} : { announceIntervalUs: plan.announceIntervalUs }),
  };
  const encoders = new BlockEncoders(content, geometryOf(content.sizeBytes, symbolBytes, blockCount));
  return {
    descriptor,
    record: signRecord(packDescriptor(descriptor), key),
    blockDigests,
    content,
    encoders,
    serverKeys,
  };
}

/** The group and port on which a simulated fleet announces. */
export function announcementOf(fleet: string): { readonly group: string; readonly port: number } {
  return {
    group: groupOf(announcementName(fleet), { scope: DEFAULT_SCOPE, hash: DEFAULT_GROUP_HASH, ssm: false }),
    port: DEFAULT_PORT,
  };
}

function digestsOf(content: Content, symbolBytes: number, blockCount: number): ObjectDigests {
  const geometry = geometryOf(content.sizeBytes, symbolBytes, blockCount);
  if (content.isUnread === true) return noDigestsOf(geometry);
  if (content.isBlank === true) return blankDigestsOf(geometry);
  const hasher = new ObjectHasher(geometry);
  for (let offset = 0; offset < content.sizeBytes; offset += HASHED_BYTES) {
    hasher.update(content.slice(offset, Math.min(HASHED_BYTES, content.sizeBytes - offset)));
  }
  return hasher.digest();
}

/** Digests of zeros by length. Blocks of an object have few different lengths, and benchmarks use one size many times. */
const zeroDigests = new Map<number, Buffer>();
/** Bound of the table above: more lengths than this in one process are no benchmark. */
const MAX_ZERO_DIGESTS = 1000;

/** Empty digests of the right sizes, for content that no receiver verifies. */
function noDigestsOf({ blockCount }: Geometry): ObjectDigests {
  return { sha256: Buffer.alloc(DIGEST_BYTES), blockDigests: Buffer.alloc(blockCount * DIGEST_BYTES) };
}

function blankDigestsOf(geometry: Geometry): ObjectDigests {
  const blockDigests = Buffer.alloc(geometry.blockCount * DIGEST_BYTES);
  for (let block = 0; block < geometry.blockCount; block++) {
    digestOfZeros(blockLength(geometry, block)).copy(blockDigests, block * DIGEST_BYTES);
  }
  return { sha256: digestOfZeros(geometry.sizeBytes), blockDigests };
}

function digestOfZeros(length: number): Buffer {
  const known = zeroDigests.get(length);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  const zeros = new Uint8Array(Math.min(length, HASHED_BYTES));
  for (let at = 0; at < length; at += HASHED_BYTES) hash.update(zeros.subarray(0, Math.min(HASHED_BYTES, length - at)));
  const digest = hash.digest();
  if (zeroDigests.size >= MAX_ZERO_DIGESTS) zeroDigests.clear();
  zeroDigests.set(length, digest);
  return digest;
}
