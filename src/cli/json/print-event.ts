/** Where events go: standard error if standard output carries an object. */
let events: NodeJS.WritableStream = process.stdout;

/** Whether standard error has events, so that nothing else should be written there. */
export function areEventsOnStandardError(): boolean {
  return events === process.stderr;
}

/** From now on events, also that of an error, are printed to standard error. */
export function leaveStandardOutput(): void {
  events = process.stderr;
}

/**
 * Prints what programs read: one JSON object a line on stdout. `atMs` is the whole milliseconds since the command started,
 * by a clock that never jumps, so that the lines of one run can be drawn against time.
 */
export function printEvent(event: string, fields: object): void {
  events.write(`${JSON.stringify({ event, atMs: Math.floor(performance.now()), ...fields })}\n`);
}
