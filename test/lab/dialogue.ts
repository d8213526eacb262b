import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { environment } from './machine.js';

/** A process that stays and takes lines. Starting one for each line would take longer than what the line asks for, by far on a busy machine. */
export class Dialogue implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: Interface;
  #complaint = '';

  constructor(command: readonly string[]) {
    const [file = '', ...args] = command;
    this.#child = spawn(file, args, { env: environment(), stdio: 'pipe' });
    this.#child.stdin.on('error', () => {}); // it has ended
    this.#lines = createInterface(this.#child.stdout);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-2000);
    });
  }

  /** What it has written to its standard error lately. */
  get complaint(): string {
    return this.#complaint;
  }

  tell(lines: readonly string[]): void {
    this.#child.stdin.write(`${lines.join('\n')}\n`);
  }

  /** Tells a line, and resolves to the line that answers it. One question at a time. @throws {Error} when the process ends instead */
  async ask(line: string): Promise<string> {
    const over = new AbortController();
    const end = () => over.abort();
    this.#lines.once('close', end);
    const answer = once(this.#lines, 'line', { signal: over.signal });
    this.tell([line]);
    const [text] = (await answer.catch(() => {
      throw new Error(`no answer to "${line}": ${this.#complaint}`);
    })) as [string];
    this.#lines.off('close', end);
    return text;
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
