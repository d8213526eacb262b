/**
 * Keeps SIGHUP from ending the process, for commands that read their settings again then. Call it in the turn in which the command begins: the modules
 * that do the work are still to be loaded.
 */
export function outliveHangup(): void {
  process.on('SIGHUP', () => undefined);
}
