import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LayercastError } from '../../dist/base/errors.js';
import type { BedRecord } from './bed.js';

/** Record of a bed that was laid by hand, for the next command. */
interface Kept extends BedRecord {
  /** When the anchor started, in the kernel's ticks: another process may have its pid by now. */
  readonly startedTicks: string;
}

const file = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `layercast-lab-${process.getuid?.() ?? 0}`, 'bed.json');

/** Writes the record of a bed for later commands. */
export function keepRecord(record: BedRecord): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const kept: Kept = { ...record, startedTicks: startedTicks(record.anchorPid) ?? '' };
  writeFileSync(file, `${JSON.stringify(kept)}\n`, { mode: 0o600 });
}

/** The bed that was laid by hand, or undefined. The record of a bed that has ended is removed. */
export function findRecord(): BedRecord | undefined {
  let kept: Kept;
  try {
    kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch {
    return undefined;
  }
  if (startedTicks(kept.anchorPid) === kept.startedTicks) return kept;
  dropRecord();
  return undefined;
}

/** @throws LayercastError `NETWORK_UNAVAILABLE` where no bed lies */
export function requireRecord(): BedRecord {
  const record = findRecord();
  if (record !== undefined) return record;
  throw new LayercastError('NETWORK_UNAVAILABLE', 'no bed lies here', { hint: 'npm run lab -- up' });
}

export function dropRecord(): void {
  rmSync(dirname(file), { recursive: true, force: true });
}

/** Field 22 of /proc/PID/stat (proc(5)); the command's name before it may have spaces and parentheses. */
function startedTicks(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
  } catch {
    return undefined;
  }
}
