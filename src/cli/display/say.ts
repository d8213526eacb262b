/**
 * Writes a line to people on stderr, for a program that runs for days: with the time of day, and in a file with the date. A line that begins with a
 * space explains the one before and has none; so have lines for systemd's journal, which has times of its own.
 */
export function say(line: string): void {
  process.stderr.write(
    `${stamped(line, new Date(), { isTerminal: process.stderr.isTTY === true, environment: process.env })}\n`,
  );
}

/** The line with the local time that people on this host have. */
export function stamped(
  line: string,
  now: Date,
  {
    isTerminal,
    environment,
  }: { readonly isTerminal: boolean; readonly environment: Readonly<Record<string, string | undefined>> },
): string {
  if (line.startsWith(' ') || environment.JOURNAL_STREAM) return line;
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(twoDigits).join(':');
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(twoDigits).join('-');
  return isTerminal ? `${time} ${line}` : `${date} ${time} ${line}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
