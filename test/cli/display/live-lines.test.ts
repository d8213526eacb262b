import type { WriteStream } from 'node:tty';
import { expect, it } from 'vitest';
import { LiveLines } from '../../../dist/cli/display/live-lines.js';

const ESCAPE = '\u001b';
/** A sequence, the end of a line, or text. */
const PART = new RegExp(`${ESCAPE}\\[[?\\d]*[a-zA-Z]|\\n|[^${ESCAPE}\\n]+`, 'g');
const UP = new RegExp(`^${ESCAPE}\\[(\\d+)F$`);

/** A terminal that does what the sequences of `LiveLines` say, and breaks lines that are too long. */
class Screen {
  columns = 20;
  readonly writes: string[] = [];
  lines: string[] = [''];
  #row = 0;

  write(text: string): boolean {
    this.writes.push(text);
    for (const [part] of text.matchAll(PART)) this.#take(part);
    return true;
  }

  /** Breaks all lines anew, as terminals do when they become narrower. */
  narrow(columns: number): void {
    this.columns = columns;
    const parts = (line: string) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [''];
    this.lines = this.lines.flatMap(parts);
    this.#row = this.lines.length - 1;
  }

  #take(part: string): void {
    const [, count] = UP.exec(part) ?? [];
    if (count !== undefined) this.#row = Math.max(0, this.#row - Number(count));
    else if (part === '\x1b[J') this.lines.splice(this.#row, this.lines.length, '');
    else if (part === '\n') {
      this.#row++;
      this.lines[this.#row] ??= '';
    } else if (!part.startsWith('\x1b')) this.lines[this.#row] = part;
  }
}

function screen() {
  const terminal = new Screen();
  return { terminal, lines: new LiveLines(terminal as unknown as WriteStream) };
}

it('writes the lines that have changed, once for each picture, and nothing where none has', () => {
  const { terminal, lines } = screen();
  lines.show(['one', 'two', 'three']);
  lines.show(['one', 'TWO', 'three']);
  lines.show(['one', 'TWO', 'three']);
  expect(terminal.writes).toHaveLength(2);
  expect(terminal.writes[1]).toBe('\x1b[?2026h\x1b[3F\nTWO\x1b[K\n\n\x1b[?2026l');
  expect(terminal.lines).toEqual(['one', 'TWO', 'three', '']);
});

it('shows fewer or more lines than before, and lines above that stay', () => {
  const { terminal, lines } = screen();
  lines.show(['one', 'two', 'three']);
  lines.show(['one']);
  lines.insert('a warning');
  lines.show(['one', 'two']);
  expect(terminal.lines).toEqual(['a warning', 'one', 'two', '']);
  lines.clear();
  expect(terminal.lines).toEqual(['a warning', '']);
});

it('leaves nothing of its lines behind when the terminal has become narrower', () => {
  const { terminal, lines } = screen();
  lines.insert('before');
  lines.show(['a line of 19 letters', 'short']);
  terminal.narrow(8);
  lines.show(['narrow', 'short']);
  expect(terminal.lines).toEqual(['before', 'narrow', 'short', '']);
});
