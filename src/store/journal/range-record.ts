import { readFile, rm } from 'node:fs/promises';
import { replaceFile } from '../durable.js';

/** What is durable of a file that frames of iotupd bring. */
export interface RangeRecord {
  /** The file's hash, in hexadecimal. */
  readonly hash: string;
  readonly sizeBytes: number;
  /** Stretches in order, as [start, end]. */
  readonly ranges: readonly (readonly [number, number])[];
}

/** Longer records are not read: 65,536 stretches of a file of 2 GiB take 1.5 MB. */
const MAX_RECORD_BYTES = 4e6;

/** @throws {LayercastError} `DISK_FULL`, `PERMISSION_DENIED`, `FILE_IO` */
export async function writeRangeRecord(path: string, { hash, sizeBytes, ranges }: RangeRecord): Promise<void> {
  await replaceFile(path, [Buffer.from(`${JSON.stringify({ iotupd: 1, hash, sizeBytes, ranges })}\n`)]);
}

/** Undefined if there is no such record, or if it is damaged: the file is then received from the beginning. */
export async function readRangeRecord(path: string): Promise<RangeRecord | undefined> {
  const text = await readFile(path).catch(() => undefined);
  if (text === undefined || text.length > MAX_RECORD_BYTES) return undefined;
  try {
    const found: unknown = JSON.parse(text.toString());
    return isRecord(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

export async function removeRangeRecord(path: string): Promise<void> {
  await rm(path, { force: true });
}

function isRecord(found: unknown): found is RangeRecord {
  if (typeof found !== 'object' || found === null) return false;
  const { iotupd, hash, sizeBytes, ranges } = found as Partial<RangeRecord & { readonly iotupd: unknown }>;
  if (iotupd !== 1 || typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return false;
  if (!isWhole(sizeBytes) || !Array.isArray(ranges)) return false;
  let end = -1;
  for (const range of ranges as readonly unknown[]) {
    if (!Array.isArray(range) || range.length !== 2 || !isWhole(range[0]) || !isWhole(range[1])) return false;
    if (range[0] <= end || range[1] <= range[0] || range[1] > sizeBytes) return false;
    end = range[1];
  }
  return true;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
