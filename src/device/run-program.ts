import { filledIn } from '../agent/placeholders.js';
import type { ProgramEnd, ProgramRequest, RunningProgram } from '../agent/ports.js';
import { type CommandEnd, startCommand } from '../process/command.js';

/** After SIGTERM a program has this long to end by itself: updaters put partitions in order. */
const GRACE_MS = 10_000;

export interface ProgramWatch {
  /** Told of each line that the program prints, without its end. */
  readonly onLine: (line: string) => void;
  /** For tests. @default 10 s */
  readonly graceMs?: number;
}

/**
 * Runs a program of the device, which takes a version over. It gets the version in its environment and as JSON on its standard input, and no
 * shell reads its arguments. After the time-out, and when it is stopped, it is ended with all that it started.
 */
export function runProgram(request: ProgramRequest, { onLine, graceMs = GRACE_MS }: ProgramWatch): RunningProgram {
  const argv = request.command.map((word) => filledIn(word, { file: request.target.path ?? '' }));
  try {
    const timeoutMs = request.timeoutUs / 1000;
    const command = startCommand({ argv, environment: environmentOf(request), timeoutMs, onLine, graceMs });
    command.input.end(`${JSON.stringify(descriptionOf(request))}\n`);
    return { done: command.ended.then(meaningOf), stop: command.stop };
  } catch (error) {
    // Arguments and variables that are too long together are refused at once.
    return { done: Promise.resolve(notStarted(error)), stop: () => undefined };
  }
}

function meaningOf(end: CommandEnd): ProgramEnd {
  switch (end.kind) {
    case 'exit':
    case 'timeout':
      return end;
    case 'killed':
      return { kind: 'signal', signal: end.signal };
    case 'aborted':
      // A program that reboots the machine hears of the agent's end before it ends, and has taken the version over all the same.
      return end.code === 0 ? { kind: 'exit', code: 0 } : { kind: 'signal', signal: 'the agent' };
    case 'notStarted':
      return notStarted(end.error);
  }
}

function notStarted(error: unknown): ProgramEnd {
  return { kind: 'notStarted', message: error instanceof Error ? error.message : String(error) };
}

/** What a program is told, as JSON on its standard input. */
function descriptionOf({ fleet, object, target, previousVersion, attempt }: ProgramRequest) {
  const { path, version, sha256, sizeBytes } = target;
  return { file: path, fleet, object, version, sha256, size: sizeBytes, previousVersion, attempt };
}

/** The same as variables. A value that is not known is an empty text. */
function environmentOf(request: ProgramRequest): Readonly<Record<string, string>> {
  const { file = '', fleet, object, version, sha256, size, previousVersion = '', attempt } = descriptionOf(request);
  return {
    LAYERCAST_FILE: file,
    LAYERCAST_FLEET: fleet,
    LAYERCAST_OBJECT: object,
    LAYERCAST_VERSION: `${version}`,
    LAYERCAST_SHA256: sha256,
    LAYERCAST_SIZE: `${size}`,
    LAYERCAST_PREVIOUS_VERSION: `${previousVersion}`,
    LAYERCAST_ATTEMPT: `${attempt}`,
  };
}
