import { LayercastError } from '../../base/errors.js';
import type { ProcessIdentity, ThreadIdentity } from './process-identity.js';

/** The content of a lock file. */
export interface LockHolder extends ProcessIdentity {
  /** A random text that makes the content different each time the lock is taken. */
  readonly nonce?: string | undefined;
  /** 1 until all files that an earlier holder may still have open are replaced: see `FileLock.isContested`. */
  readonly contested?: 0 | 1 | undefined;
}

export function textOfHolder(holder: LockHolder): string {
  return `${JSON.stringify(holder)}\n`;
}

/** The holder that a lock file names; undefined for any other content, such as an empty file after a power cut: nobody holds that. */
export function holderIn(content: string): LockHolder | undefined {
  try {
    const found: unknown = JSON.parse(content);
    if (typeof found !== 'object' || found === null) return undefined;
    const fields: Readonly<Record<string, unknown>> = { ...found };
    const { pid } = fields;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
    const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined);
    return {
      pid,
      startedAt: text('startedAt'),
      thread: threadIn(fields.thread),
      bootId: text('bootId'),
      pidNamespace: text('pidNamespace'),
      host: text('host'),
      machineId: text('machineId'),
      nonce: text('nonce'),
      contested: fields.contested === 1 ? 1 : 0,
    };
  } catch {
    return undefined;
  }
}

function threadIn(value: unknown): ThreadIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, startedAt }: { readonly id?: unknown; readonly startedAt?: unknown } = value;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || id <= 0 || typeof startedAt !== 'string') return undefined;
  return { id, startedAt };
}

/** @param holder undefined when the lock file names no holder */
export function inUse(path: string, holder: LockHolder | undefined): LayercastError {
  return new LayercastError('FILE_IN_USE', `${nameOf(holder)} holds the lock ${JSON.stringify(path)}`, {
    hint: 'Wait until that process has ended, stop it, or choose another name for the output',
  });
}

/** The name of a process for messages. The host is part of it, because a process id means nothing on another host. */
export function nameOf(holder: LockHolder | undefined): string {
  if (holder === undefined) return 'another process';
  return holder.host === undefined ? `process ${holder.pid}` : `process ${holder.pid} of host ${holder.host}`;
}
