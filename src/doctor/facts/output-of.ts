import { execFile } from 'node:child_process';

/** The programs that are asked answer within milliseconds; a list of 10,000 firewall rules takes a second. */
const LIMIT_MS = 5_000;
const MAX_BYTES = 32 * 2 ** 20;

/** What a program prints; undefined if it is missing, fails or hangs. */
export function outputOf(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: LIMIT_MS, maxBuffer: MAX_BYTES, encoding: 'utf8' }, (error, stdout) => {
      resolve(error === null ? stdout : undefined);
    });
  });
}
