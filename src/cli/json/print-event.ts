/**
 * Prints what programs read: one JSON object a line on stdout. `atMs` is the whole milliseconds since the command started,
 * by a clock that never jumps, so that the lines of one run can be drawn against time.
 */
export function printEvent(event: string, fields: object): void {
  process.stdout.write(`${JSON.stringify({ event, atMs: Math.floor(performance.now()), ...fields })}\n`);
}
