import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { REGISTRATIONS } from '../../dist/cli/registrations.js';
import { run } from '../../dist/cli/run.js';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line to its end. */
export function runCli(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<CliResult> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a command in this process, where it takes a tenth of the time: half a second a process is most of what short commands cost. One runs at a
 * time, because they share the folder and the output of the process. Not for commands that last or that signals end.
 */
export function runHere(
  args: readonly string[],
  { cwd = '.', env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CliResult> {
  const result = last.then(() => runAlone(args, cwd, env));
  last = result;
  return result;
}

async function runAlone(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<CliResult> {
  const { stdout, stderr, env: before } = process;
  const [folder, writers] = [process.cwd(), [stdout.write, stderr.write] as const];
  const texts = ['', ''];
  const listenTo = (stream: NodeJS.WriteStream, i: number) => {
    // Each command adds a listener for output that is lost.
    stream.setMaxListeners(0);
    stream.write = (text: string | Uint8Array) => {
      texts[i] += String(text);
      return true;
    };
  };
  process.chdir(cwd);
  process.env = { ...before, ...env };
  listenTo(stdout, 0);
  listenTo(stderr, 1);
  try {
    await run(REGISTRATIONS, [process.execPath, 'layercast', ...args]);
    return { code: Number(process.exitCode ?? 0), stdout: texts[0]!, stderr: texts[1]! };
  } finally {
    [stdout.write, stderr.write] = writers;
    process.exitCode = undefined;
    process.env = before;
    process.chdir(folder);
  }
}
