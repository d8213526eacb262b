import type { WriteStream } from 'node:tty';

/** Terminals that know this show what comes between the two at once (synchronized updates); others ignore it. */
const [BEGIN, END] = ['\x1b[?2026h', '\x1b[?2026l'];

/** Whether lines can be renewed there: on a terminal, unless it says that it knows no such thing. */
export function canRenew(
  stream: NodeJS.WriteStream,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): stream is WriteStream {
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

/**
 * Lines at the end of a terminal's text that are renewed in place: one write for each picture, and only the lines that have changed, so nothing flickers.
 * What was there before stays, and nothing of the terminal's settings is changed, so nothing has to be put back.
 */
export class LiveLines implements Disposable {
  readonly #stream: WriteStream;
  #shown: readonly string[] = [];
  /** Columns when they were written. */
  #columns = 0;

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** @param lines each shorter than the terminal is wide, and not more than it is high */
  show(lines: readonly string[]): void {
    const columns = this.#stream.columns || Number.POSITIVE_INFINITY;
    // After a change of the width, terminals have broken the lines anew.
    const before = columns === this.#columns ? this.#shown : [];
    const top = before === this.#shown ? up(before.length) : this.#erasure();
    this.#columns = columns;
    const changes = lines.map((line, i) => (line === before[i] ? '' : `${line}\x1b[K`));
    if (lines.length === before.length && changes.every((change) => change === '')) return;
    const rest = lines.length < before.length ? '\x1b[J' : '';
    this.#stream.write(`${BEGIN}${top}${changes.map((change) => `${change}\n`).join('')}${rest}${END}`);
    this.#shown = [...lines];
  }

  /** Writes a line above them, which stays. */
  insert(line: string): void {
    const text = [line, ...this.#shown].map((one) => `${one}\n`).join('');
    this.#stream.write(this.#shown.length === 0 ? text : `${BEGIN}${this.#erasure()}${text}${END}`);
    this.#columns = this.#stream.columns;
  }

  /** Takes them away, so that other text can follow. */
  clear(): void {
    const erasure = this.#erasure();
    if (erasure !== '') this.#stream.write(erasure);
    this.#shown = [];
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  /** Goes up to the first line and clears from there to the end of the screen (ECMA-48: CPL, ED). */
  #erasure(): string {
    const columns = this.#stream.columns || Number.POSITIVE_INFINITY;
    const rowCount = this.#shown.reduce((sum, line) => sum + Math.max(1, Math.ceil([...line].length / columns)), 0);
    return rowCount === 0 ? '' : `${up(rowCount)}\x1b[J`;
  }
}

function up(count: number): string {
  return count === 0 ? '' : `\x1b[${count}F`;
}
