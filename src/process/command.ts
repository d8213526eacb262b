import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { tellLines } from './output-lines.js';

/** How long a group that was asked to end (SIGTERM) has until it is killed (SIGKILL). */
const GRACE_MS = 5000;
/** How often a group is looked for whose first process has ended: nobody tells of the others. */
const LOOK_MS = 50;

export interface CommandOptions {
  /** Program and arguments. No shell reads them. The program is searched in PATH. */
  readonly argv: readonly string[];
  /** Variables that are added to the environment of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** The command and all that it started are ended after this time; undefined: never. */
  readonly timeoutMs?: number | undefined;
  /** Ends the command and all that it started when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Gets each line that the command prints, up to a bound. @default its outputs are the error output of this process */
  readonly onLine?: ((line: string) => void) | undefined;
  /** For tests. @default 5 s */
  readonly graceMs?: number | undefined;
}

/** How a command ended. */
export type CommandEnd =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'timeout' }
  /** It was asked to end. The code is there if it ended by itself all the same, and not by the signal. */
  | { readonly kind: 'aborted'; readonly code?: number }
  /** There is no such program, or it must not be run. */
  | { readonly kind: 'notStarted'; readonly error: unknown };

/** A command that runs. */
export interface RunningCommand {
  /** Its standard input. When the command has closed it, further bytes are dropped. */
  readonly input: Writable;
  /** Resolves when the command itself has ended, and after `stop` or a time-out all that it started. Never rejects. */
  readonly ended: Promise<CommandEnd>;
  /** Asks the command and all that it started to end, and kills what is left after some seconds. */
  stop(): void;
}

/**
 * Starts a command in a process group of its own, so that a time-out ends the command together with all processes that it started, save
 * those that left the group themselves. Standard output of this process may carry an object, so the command does not get it.
 */
export function startCommand(options: CommandOptions): RunningCommand {
  const { argv, environment, timeoutMs, signal, onLine, graceMs = GRACE_MS } = options;
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    detached: true,
    env: { ...process.env, ...environment },
    stdio: onLine === undefined ? ['pipe', 2, 2] : 'pipe',
  });
  if (onLine !== undefined) tellLines([child.stdout!, child.stderr!], onLine);
  const input = child.stdin as Writable;
  // A command may end without reading all of its input (EPIPE). How it ended says whether that was right.
  input.on('error', () => undefined);
  let cause: 'timeout' | 'aborted' | undefined;
  let killer: NodeJS.Timeout | undefined;
  let isKilled = false;
  const stop = (why: 'timeout' | 'aborted') => {
    cause ??= why;
    if (killer !== undefined) return;
    sendToGroup(child, 'SIGTERM');
    killer = setTimeout(() => {
      isKilled = true;
      sendToGroup(child, 'SIGKILL');
    }, graceMs);
  };
  const onAbort = () => stop('aborted');
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => stop('timeout'), timeoutMs);
  const ended = new Promise<CommandEnd>((resolve) => {
    child.once('error', (error) => resolve({ kind: 'notStarted', error }));
    child.once('exit', async (code, by) => {
      // What the command started may outlive it, unless the command was stopped: then it has the rest of the time to end.
      while (cause !== undefined && !isKilled && sendToGroup(child, 0))
        await new Promise((again) => setTimeout(again, LOOK_MS));
      if (cause === 'aborted') resolve(code === null ? { kind: cause } : { kind: cause, code });
      else if (cause === 'timeout') resolve({ kind: cause });
      else resolve(code === null ? { kind: 'killed', signal: by ?? '?' } : { kind: 'exit', code });
    });
  }).finally(() => {
    clearTimeout(timer);
    clearTimeout(killer);
    signal?.removeEventListener('abort', onAbort);
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return { input, ended, stop: () => stop('aborted') };
}

/** What went wrong with a command, as the end of a sentence that begins with its name; undefined if it ended with exit code 0. */
export function faultOf(end: CommandEnd, timeoutMs?: number): string | undefined {
  switch (end.kind) {
    case 'exit':
      return end.code === 0 ? undefined : `ended with exit code ${end.code}`;
    case 'killed':
      return `was ended by ${end.signal}`;
    case 'timeout':
      return `did not end within ${(timeoutMs ?? 0) / 1000} s and was stopped`;
    case 'aborted':
      return 'was stopped';
    case 'notStarted':
      return `could not be started: ${end.error instanceof Error ? end.error.message : String(end.error)}`;
  }
}

/** @param signal 0 only asks @returns whether anything of the group is left */
function sendToGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}
