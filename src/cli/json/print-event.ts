/** Where results and events go: standard error if standard output carries an object or a picture. */
let results: NodeJS.WritableStream = process.stdout;

/** Whether standard error has events, so that nothing else should be written there. */
export function areEventsOnStandardError(): boolean {
  return results === process.stderr;
}

/** From now on results and events, also that of an error, are printed to standard error. */
export function leaveStandardOutput(): void {
  results = process.stderr;
}

/** Prints what a command was asked for. */
export function printResult(text: string): void {
  results.write(text);
}

/**
 * Prints what programs read: one JSON object a line on stdout. `atMs` is the whole milliseconds since the command started,
 * by a clock that never jumps, so that the lines of one run can be drawn against time.
 */
export function printEvent(event: string, fields: object): void {
  printResult(`${JSON.stringify({ event, atMs: Math.floor(performance.now()), ...fields })}\n`);
}
