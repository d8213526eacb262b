import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LayercastError } from '../../dist/base/errors.js';
import type { BedRecord } from './bed.js';

/** A bed that was laid by hand, as the next command finds it. */
interface Kept extends BedRecord {
  /** When the anchor started, in the kernel's ticks: a pid alone may by now be someone else's. */
  readonly startedTicks: string;
}

const file = join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `layercast-lab-${process.getuid?.() ?? 0}`, 'bed.json');

/** Notes a bed for the commands to come. */
export function keepRecord(record: BedRecord): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const kept: Kept = { ...record, startedTicks: startedTicks(record.anchorPid) ?? '' };
  writeFileSync(file, `${JSON.stringify(kept)}\n`, { mode: 0o600 });
}

/** The bed that lies, or undefined; a record of one that has ended is removed. */
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

/** Field 22 of /proc/PID/stat (proc(5)); the command before it may hold spaces and parentheses. */
function startedTicks(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
  } catch {
    return undefined;
  }
}
