import type { Readable } from 'node:stream';

/** Lines of a command that are told, and characters of each: enough for a long installation, and bounded for one that never stops. */
const MAX_LINES = 2000;
const MAX_LINE_CHARS = 1000;

/** Tells what comes on some streams, line by line, up to a bound. What comes after it is read and dropped, so that the command goes on. */
export function tellLines(streams: readonly Readable[], onLine: (line: string) => void): void {
  let left = MAX_LINES;
  const tell = (line: string) => {
    if (left <= 0) return;
    left--;
    onLine(left === 0 ? '… further output is left out' : line.slice(0, MAX_LINE_CHARS));
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
