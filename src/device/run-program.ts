import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { filledIn } from '../agent/placeholders.js';
import type { ProgramEnd, ProgramRequest, RunningProgram } from '../agent/ports.js';

/** After SIGTERM a program has this long to end by itself. */
const GRACE_MS = 10_000;
/** Lines of a program that are told, and characters of each: enough for a long installation, and bounded for one that never stops. */
const MAX_LINES = 2000;
const MAX_LINE_CHARS = 1000;

export interface ProgramWatch {
  /** Told of each line that the program prints, without its end. */
  readonly onLine: (line: string) => void;
  /** For tests. @default 10 s */
  readonly graceMs?: number;
}

/**
 * Runs a program of the device, which takes a version over. It gets the version in its environment and as JSON on its standard input, and no
 * shell reads its arguments. It is the leader of a process group of its own, which is ended as a whole: with SIGTERM, and after a grace time
 * with SIGKILL.
 */
export function runProgram(request: ProgramRequest, { onLine, graceMs = GRACE_MS }: ProgramWatch): RunningProgram {
  const { command, target, timeoutUs } = request;
  const [program, ...args] = command.map((word) => filledIn(word, { file: target.path }));
  let child: ChildProcess;
  try {
    const env = { ...process.env, ...environmentOf(request) };
    child = spawn(program!, args, { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    return { done: Promise.resolve(notStarted(error)), stop: () => undefined };
  }
  let isLate = false;
  let killTimer: NodeJS.Timeout | undefined;
  const stop = () => {
    if (killTimer !== undefined) return;
    signalGroup(child, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
  };
  const lateTimer = setTimeout(() => {
    isLate = true;
    stop();
  }, timeoutUs / 1000);
  const done = endOf(child).then((end): ProgramEnd => {
    clearTimeout(lateTimer);
    clearTimeout(killTimer);
    // What a program that was stopped has left behind would go on writing beside the next attempt.
    if (killTimer !== undefined) signalGroup(child, 'SIGKILL');
    return isLate ? { kind: 'timeout' } : end;
  });
  tellLines([child.stdout!, child.stderr!], onLine);
  // A program that does not read its input closes it, which is no fault.
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(`${JSON.stringify(descriptionOf(request))}\n`);
  return { done, stop };
}

/** What a program is told, as JSON on its standard input. */
function descriptionOf({ fleet, object, target, previousVersion, attempt }: ProgramRequest) {
  const { path, version, sha256, sizeBytes } = target;
  return { file: path, fleet, object, version, sha256, size: sizeBytes, previousVersion, attempt };
}

/** The same as variables. A value that is not known is an empty text. */
function environmentOf(request: ProgramRequest): Readonly<Record<string, string>> {
  const { file, fleet, object, version, sha256, size, previousVersion = '', attempt } = descriptionOf(request);
  return {
    LAYERCAST_FILE: file,
    LAYERCAST_FLEET: fleet,
    LAYERCAST_OBJECT: object,
    LAYERCAST_VERSION: String(version),
    LAYERCAST_SHA256: sha256,
    LAYERCAST_SIZE: String(size),
    LAYERCAST_PREVIOUS_VERSION: String(previousVersion),
    LAYERCAST_ATTEMPT: String(attempt),
  };
}

/** The program's own end; what it started may go on, and may hold its output open. */
function endOf(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(notStarted(error)));
    child.once('exit', (code, signal) =>
      resolve(code === null ? { kind: 'signal', signal: signal! } : { kind: 'exit', code }),
    );
  });
}

function notStarted(error: unknown): ProgramEnd {
  return { kind: 'notStarted', message: error instanceof Error ? error.message : String(error) };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}

/** Tells what comes on some streams, line by line, up to a bound. What comes after it is read and dropped, so that the program goes on. */
function tellLines(streams: readonly Readable[], onLine: (line: string) => void): void {
  let left = MAX_LINES;
  const tell = (line: string) => {
    if (left-- > 0) onLine(left === 0 ? '… further output is left out' : line.slice(0, MAX_LINE_CHARS));
  };
  for (const stream of streams) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!.slice(0, MAX_LINE_CHARS);
      for (const line of lines) tell(line);
    });
    stream.on('end', () => {
      if (rest !== '') tell(rest);
    });
  }
}
