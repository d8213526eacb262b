import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { environment } from './machine.js';
import { type LinkReading, parseLinks } from './shaping.js';

/** Counters of a link at a moment of `performance.now()`. */
export interface LinkSample extends LinkReading {
  readonly atMs: number;
}

/** Time between two samples: 20 samples a second cost 1 % of a core for `tc`, and show a queue of 50 ms rise and fall. */
const lookMs = 50;
/** Samples kept of one link: an hour and more; later samples are dropped. */
const maxSamples = 100_000;

/**
 * Samples all shaped links of a bed 20 times a second, with one process that stays. A sample covers the links that are shaped at
 * that moment.
 */
export class LinkWatch implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #timer: NodeJS.Timeout;
  readonly #samples = new Map<string, LinkSample[]>();
  #partial = '';

  /** @param enter the words in front of a command that run it where the links are */
  constructor(enter: readonly string[]) {
    const [file = '', ...args] = [
      ...enter,
      ...['setpriv', '--pdeathsig', 'KILL', '--', 'stdbuf', '-oL', 'tc', '-s', '-j', '-batch', '-'],
    ];
    this.#child = spawn(file, args, { env: environment(), stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child.on('error', () => {}); // a watch that cannot start has no samples
    this.#child.stdin?.on('error', () => {});
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#heard(text));
    this.#timer = setInterval(() => this.#child.stdin?.write('qdisc show\n'), lookMs);
  }

  /** Samples so far, in order: of a link `r1`, or of the bottleneck of one source, `r1/1`. */
  samples(link: string): readonly LinkSample[] {
    return this.#samples.get(link) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #heard(text: string): void {
    const atMs = performance.now();
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('[')) continue;
      for (const [link, reading] of parseLinks(line)) this.#keep(link, { atMs, ...reading });
    }
  }

  #keep(link: string, sample: LinkSample): void {
    const samples = this.#samples.get(link) ?? [];
    if (samples.length === 0) this.#samples.set(link, samples);
    if (samples.length < maxSamples) samples.push(sample);
  }
}
