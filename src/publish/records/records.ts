import { createHash, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, LayercastError } from '../../base/errors.js';
import { replaceFile } from '../../store/durable.js';
import { makeFolder } from '../../store/folder/make-folder.js';
import { type Descriptor, objectTag, packDescriptor } from '../../wire/descriptor.js';
import { unpackDescriptor } from '../../wire/descriptor-reader.js';
import { keyIdOf } from '../../wire/public-key.js';
import { sameWindows } from '../../wire/sending-windows.js';
import { peekRecord, RecordKind, signRecord } from '../../wire/signature.js';
import { packSignedRecord, signBody, unpackSignedRecord, withSignature } from '../../wire/signed-record.js';

/** A descriptor and its record: the signed bytes. */
export interface SignedDescriptor {
  readonly descriptor: Descriptor;
  readonly record: Uint8Array;
}

export function signDescriptor(descriptor: Descriptor, key: KeyObject): SignedDescriptor {
  return { descriptor, record: signRecord(packDescriptor(descriptor), key) };
}

/**
 * The file of an object's record in a folder of records. An object's name may have any characters, also `/` and `..`. So the file
 * name is a hash of the name; the name's harmless characters stand in front of it for people.
 */
export function recordPath(folder: string, object: string): string {
  const readable = object
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 40);
  const hash = createHash('sha256').update(object).digest('hex').slice(0, 12);
  return join(folder, `${readable}-${hash}.record`);
}

export async function writeRecord(folder: string, { descriptor, record }: SignedDescriptor): Promise<string> {
  const path = recordPath(folder, descriptor.object);
  await makeFolder(folder);
  await replaceFile(path, [record]);
  return path;
}

/**
 * Reads the record of an object that was signed elsewhere.
 *
 * @param expected the descriptor that the fleet file and the object's file give now
 * @throws {LayercastError} `RECORD_INVALID` when there is none or it is about something else.
 */
export async function readRecord(folder: string, expected: Descriptor): Promise<SignedDescriptor> {
  const path = recordPath(folder, expected.object);
  const hint = 'Make it anew with: layercast sign --config FLEET.yaml --key KEY --out DIR';
  const record = await readFile(path).catch((cause: unknown) => {
    const missing = errnoOf(cause) === 'ENOENT';
    const why = missing ? `there is no record ${path}` : `cannot read the record ${path}: ${errnoOf(cause)}`;
    throw new LayercastError(missing ? 'RECORD_INVALID' : 'PERMISSION_DENIED', `${expected.object}: ${why}`, {
      hint,
      cause,
    });
  });
  const body = peekRecord(record);
  const descriptor = body === undefined ? undefined : unpackDescriptor(body);
  if (descriptor === undefined) throw new LayercastError('RECORD_INVALID', `${path} is not a signed record`, { hint });
  const difference = differenceBetween(descriptor, expected);
  if (difference === undefined) return { descriptor, record };
  throw new LayercastError('RECORD_INVALID', `${path} was signed for something else: ${difference}`, { hint });
}

/**
 * Adds signatures to the record of an object. If the folder has a record of the same description that none of these keys has signed,
 * its text is signed, so that several people can sign one record one after the other; otherwise the new description is.
 *
 * @param keys private keys, at least one
 */
export async function coSigned(
  folder: string,
  { descriptor, record }: SignedDescriptor,
  keys: readonly KeyObject[],
): Promise<SignedDescriptor> {
  const found = await readFile(recordPath(folder, descriptor.object)).catch(() => undefined);
  const before = found === undefined ? undefined : unpackSignedRecord(found);
  const earlier = before?.kind === RecordKind.descriptor ? unpackDescriptor(before.body) : undefined;
  const canJoin =
    earlier !== undefined &&
    isSameDescription(earlier, descriptor) &&
    !before!.signatures.some(({ keyId }) => keys.some((key) => keyIdOf(key) === keyId));
  const start = canJoin ? before! : { ...unpackSignedRecord(record)!, signatures: [] };
  const signed = keys.reduce((all, key) => withSignature(all, signBody(all.kind, all.body, key)), start);
  return { descriptor: canJoin ? earlier : descriptor, record: packSignedRecord(signed) };
}

/** Whether two descriptors differ at most in the time at which they were made, and have the same time to live. */
function isSameDescription(earlier: Descriptor, now: Descriptor): boolean {
  const lifeS = now.expiresS === undefined ? undefined : now.expiresS - now.createdS;
  const expiresS = lifeS === undefined ? undefined : earlier.createdS + lifeS;
  const moved = packDescriptor({ ...now, createdS: earlier.createdS, expiresS });
  return Buffer.compare(moved, packDescriptor(earlier)) === 0;
}

/**
 * The first difference between a record and what the fleet file and the object's file say. Dates do not count, nor do the
 * announce interval, which changes with the fleet's other objects, and the keys of servers, which the signer knew.
 */
function differenceBetween(signed: Descriptor, expected: Descriptor): string | undefined {
  for (const field of [
    'fleet',
    'object',
    'version',
    'sizeBytes',
    'symbolBytes',
    'blockCount',
    'fecEncodingId',
    'mode',
    'ssm',
  ] as const) {
    if (signed[field] !== expected[field]) return `${field} is ${signed[field]} there and ${expected[field]} here`;
  }
  if (!objectTag(signed).every((byte, i) => byte === objectTag(expected)[i])) return 'the file has another SHA-256';
  if (`${signed.compatible}` !== `${expected.compatible}`) {
    return `compatible is ${signed.compatible ?? 'missing'} there and ${expected.compatible ?? 'missing'} here`;
  }
  if (!sameWindows(signed.schedule, expected.schedule)) return 'the schedule is another one there';
  const ladder = (descriptor: Descriptor) =>
    packDescriptor({
      ...descriptor,
      servers: descriptor.servers.map((server) => ({ ...server, publicKey: undefined })),
      createdS: 0,
      expiresS: undefined,
      announceIntervalUs: undefined,
    });
  return Buffer.compare(ladder(signed), ladder(expected)) === 0 ? undefined : 'channels or servers have changed';
}
