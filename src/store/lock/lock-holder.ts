import { LayercastError } from '../../base/errors.js';
import type { ProcessIdentity } from './process-identity.js';

/** What a lock file says. */
export interface LockHolder extends ProcessIdentity {
  /** Makes every taking of a lock a different one. */
  readonly nonce?: string | undefined;
  /** 1 until everything that an earlier holder may still have open is out of the way: see `FileLock.isContested`. */
  readonly contested?: 0 | 1 | undefined;
}

export function textOfHolder(holder: LockHolder): string {
  return `${JSON.stringify(holder)}\n`;
}

/** Undefined for a file that is no lock of ours, such as one that a power cut has emptied: nobody holds that. */
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

/** @param holder undefined when the lock file does not say */
export function inUse(path: string, holder: LockHolder | undefined): LayercastError {
  return new LayercastError('FILE_IN_USE', `${nameOf(holder)} holds the lock ${JSON.stringify(path)}`, {
    hint: 'Wait for it, stop it, or choose another name for the output',
  });
}

/** What to call a process that may be in another container or on another host, where its id means nothing here. */
export function nameOf(holder: LockHolder | undefined): string {
  if (holder === undefined) return 'another process';
  return holder.host === undefined ? `process ${holder.pid}` : `process ${holder.pid} of host ${holder.host}`;
}
