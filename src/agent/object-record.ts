import type { Descriptor } from '../wire/descriptor.js';

/** One version of an object as the device has it, or is to have it. */
export interface HeldVersion {
  readonly version: number;
  /** In hex; of the ciphertext if the version is encrypted. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The file, as an absolute path; undefined if a command took the bytes. */
  readonly path: string | undefined;
  /** If the version is encrypted, by what its plaintext is recognised, in hex: as in the descriptor. */
  readonly encryption?: { readonly plaintextMac: string; readonly keyCheck: string } | undefined;
}

/** What the journal says of one object. It is written at each change of `state`, before anything that follows from the change. */
export interface ObjectRecord {
  readonly object: string;
  /** How far `target` has come. */
  readonly state: RecordedState;
  /** The version that `state` speaks of. */
  readonly target: HeldVersion;
  /** How often the program was started for `target`. */
  readonly attempts: number;
  /** How often the agent died, or was ended, while that program ran. */
  readonly interrupted: number;
  /** The highest version that was ever verified here: only higher versions are received. 0 if none was. */
  readonly lowestVersion: number;
  /** The version that was taken over last; undefined if none was. */
  readonly applied: HeldVersion | undefined;
  /** For how long the fleet has been heard without the object, if the object is to be forgotten one day. */
  readonly unannouncedUs?: number | undefined;
}

/** The record of an object of which a first version is about to be received. */
export function newRecord(object: string, target: HeldVersion): ObjectRecord {
  return { object, state: 'receiving', target, attempts: 0, interrupted: 0, lowestVersion: 0, applied: undefined };
}

/** @param path where the version lies, or will lie */
export function heldOf({ version, sha256, sizeBytes, encryption }: Descriptor, path: string | undefined): HeldVersion {
  const held = { version, sha256: hexOf(sha256), sizeBytes, path };
  if (encryption === undefined) return held;
  const { plaintextMac, keyCheck } = encryption;
  return { ...held, encryption: { plaintextMac: hexOf(plaintextMac), keyCheck: hexOf(keyCheck) } };
}

/** Whether the descriptor speaks of the same bytes. */
export function hasBytesOf({ sha256, sizeBytes }: Descriptor, held: HeldVersion): boolean {
  return held.sizeBytes === sizeBytes && held.sha256 === hexOf(sha256);
}

export type RecordedState = 'idle' | 'receiving' | 'verified' | 'applying' | 'applied' | 'failed';
const RECORDED: readonly string[] = [
  'idle',
  'receiving',
  'verified',
  'applying',
  'applied',
  'failed',
] satisfies RecordedState[];

export function packRecord(record: ObjectRecord): string {
  return `${JSON.stringify({ format: 1, ...record })}\n`;
}

/** Reads what `packRecord` wrote; undefined for a text that a disk has damaged, or that another program wrote. */
export function unpackRecord(text: string): ObjectRecord | undefined {
  try {
    const fields = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { format, object, state, target, attempts, interrupted, lowestVersion, applied, unannouncedUs } = fields;
    if (format !== 1 || typeof object !== 'string' || !RECORDED.includes(state as string)) return undefined;
    if (!isVersion(target) || !(applied === undefined || isVersion(applied))) return undefined;
    if (!isCount(attempts) || !isCount(interrupted) || !isCount(lowestVersion)) return undefined;
    if (!(unannouncedUs === undefined || isCount(unannouncedUs))) return undefined;
    const counts = { attempts, interrupted, lowestVersion, unannouncedUs };
    return { object, state: state as RecordedState, target, ...counts, applied };
  } catch {
    return undefined;
  }
}

function isVersion(value: unknown): value is HeldVersion {
  if (typeof value !== 'object' || value === null) return false;
  const { version, sha256, sizeBytes, path, encryption } = value as Readonly<Record<string, unknown>>;
  const isHash = typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256);
  return (
    isHash &&
    isCount(version) &&
    isCount(sizeBytes) &&
    (path === undefined || typeof path === 'string') &&
    isEncryption(encryption)
  );
}

function isEncryption(value: unknown): boolean {
  if (value === undefined) return true;
  const { plaintextMac, keyCheck } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return /^[0-9a-f]{64}$/.test(String(plaintextMac)) && /^[0-9a-f]{32}$/.test(String(keyCheck));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
