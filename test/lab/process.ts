import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { environment } from './machine.js';

/** One line of JSON from a process's standard output. */
export type LabEvent = Readonly<Record<string, unknown>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Words in front of the command that run it, such as `setpriv` or `nice` with their arguments. */
  readonly through?: readonly string[];
}

/** Text kept of one process and stream. Later text is dropped, so that a process that prints much cannot fill the memory. */
const maxTextChars = 16 << 20;
/** Time between SIGTERM and SIGKILL on `dispose`: enough to leave groups, flush and write coverage. */
const graceMs = 3000;

/** A process on a host of a bed. Its pid is the pid of the command itself, and it ends with the process that started it. */
export class LabProcess {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #command: string;
  readonly #events: LabEvent[] = [];
  #stdout = '';
  #stderr = '';
  #partial = '';
  #exit: Exit | undefined;
  #wake: (() => void)[] = [];

  /** @param enter the words in front of the command that run it in the host's namespaces and in the directory */
  constructor(enter: readonly string[], command: readonly string[], options: SpawnOptions = {}) {
    this.#command = command.join(' ');
    const [file = '', ...args] = [
      ...enter,
      'setpriv',
      '--pdeathsig',
      'KILL',
      '--',
      ...(options.through ?? []),
      ...command,
    ];
    this.#child = spawn(file, args, {
      env: environment(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => this.#heard(text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(0, maxTextChars);
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.on('error', (error) => {
        this.#exit = { code: null, signal: null };
        this.#rouse();
        reject(error);
      });
      this.#child.on('close', (code, signal) => {
        this.#exit = { code, signal };
        this.#rouse();
        resolve(this.#exit);
      });
    });
    this.exited.catch(() => undefined); // whoever awaits it sees the error; nobody has to
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Text that the process has written so far. */
  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Sends a signal to exactly this process; false when it has ended. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): boolean {
    return this.#child.kill(signal);
  }

  /** Every event from the first on, as the events come; ends when the process has ended. */
  async *events(): AsyncGenerator<LabEvent, void, void> {
    for (let index = 0; ; ) {
      const event = this.#events[index];
      if (event !== undefined) {
        index += 1;
        yield event;
      } else if (this.#exit !== undefined) return;
      else await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /**
   * The first event, past or to come, that `wanted` accepts; a string is the value of the event's field `event`.
   * Rejects when the process ends without such an event, or after `timeoutMs`, and shows the events so far.
   */
  async waitForEvent(
    wanted: string | ((event: LabEvent) => boolean),
    options: { readonly timeoutMs?: number } = {},
  ): Promise<LabEvent> {
    const accepts = typeof wanted === 'string' ? (event: LabEvent) => event.event === wanted : wanted;
    let overdue = false;
    const timer = setTimeout(() => {
      overdue = true;
      this.#rouse();
    }, options.timeoutMs ?? 20_000);
    try {
      for (let index = 0; ; ) {
        const event = this.#events[index];
        if (event !== undefined) {
          if (accepts(event)) return event;
          index += 1;
        } else if (this.#exit !== undefined || overdue) break;
        else await new Promise<void>((resolve) => this.#wake.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
    const name = typeof wanted === 'string' ? `event "${wanted}"` : 'event as wanted';
    const end = this.#exit === undefined ? 'in time' : `before it ended (${this.#exit.signal ?? this.#exit.code})`;
    throw new Error(`no ${name} ${end}: ${this.#command}\n${this.#stdout.slice(-2000)}\n${this.#stderr.slice(-2000)}`);
  }

  /** Resolves when the process has written more than this to its standard output: to how much. Resolves to undefined when it has ended without. */
  async written(beyondChars: number): Promise<number | undefined> {
    while (this.#stdout.length <= beyondChars) {
      if (this.#exit !== undefined) return undefined;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.#stdout.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const late = setTimeout(() => this.kill('SIGKILL'), graceMs);
    this.kill('SIGTERM');
    await this.exited.catch(() => undefined);
    clearTimeout(late);
  }

  #heard(text: string): void {
    if (this.#stdout.length >= maxTextChars) return;
    this.#stdout += text;
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) {
      const event = parsed(line);
      if (event !== undefined) this.#events.push(event);
    }
    this.#rouse();
  }

  #rouse(): void {
    const sleepers = this.#wake;
    this.#wake = [];
    for (const wake of sleepers) wake();
  }
}

function parsed(line: string): LabEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as LabEvent;
  } catch {
    return undefined;
  }
}
