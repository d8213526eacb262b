import { errnoOf, LayercastError } from '../base/errors.js';

const REPORT = 'Run it again; if this happens again, report it with this message';

/** What ended a thread: the error that Node reports, or the exit code of a thread that ended without an error. */
export type ThreadEnd = { readonly error: unknown } | { readonly exitCode: number };

/**
 * The error for everybody who waits for a thread that has ended, or calls it afterwards.
 *
 * @param name what the thread does, as in "the … thread"
 */
export function threadLost(name: string, end: ThreadEnd): LayercastError {
  if ('exitCode' in end) {
    const message = `the ${name} thread ended with exit code ${end.exitCode}`;
    return new LayercastError('THREAD_LOST', message, { hint: REPORT });
  }
  const { error: cause } = end;
  if (errnoOf(cause) === 'ERR_WORKER_OUT_OF_MEMORY') {
    const hint = 'Give the process more memory, or let it do less at once';
    return new LayercastError('THREAD_LOST', `the ${name} thread ran out of memory`, { hint, cause });
  }
  const hint = cause instanceof LayercastError ? cause.hint : REPORT;
  const said = cause instanceof Error ? cause.message : String(cause);
  const options = { cause, ...(hint === undefined ? {} : { hint }) };
  return new LayercastError('THREAD_LOST', `the ${name} thread failed: ${said}`, options);
}
