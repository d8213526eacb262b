/**
 * Lets a command do its work although nobody gets what it writes: its reader has gone (`layercast plan … | head`), its terminal is closed, or the disk
 * of its log is full. A server must not end because of its log. Where output is lost that somebody wants, the command says so once, and its exit code
 * is 1.
 */
export function goOnWithoutOutput(): void {
  // Standard error is where faults are told, so nobody can be told of this one.
  process.stderr.on('error', () => undefined);
  let isTold = false;
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (isTold || code === 'EPIPE') return;
    isTold = true;
    process.exitCode = 1;
    process.stderr.write(`layercast: cannot write to standard output: ${message}\n`);
  });
}
