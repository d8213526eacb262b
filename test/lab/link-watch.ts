import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { environment } from './machine.js';
import { type LinkReading, parseLinks } from './shaping.js';

/** What a link had done at a moment of `performance.now()`. */
export interface LinkSample extends LinkReading {
  readonly atMs: number;
}

/** Between two looks: 20 a second take `tc` 1 % of a core, and show a queue of 50 ms come and go. */
const lookMs = 50;
/** Samples kept of one link: an hour and more; later ones are let go. */
const maxSamples = 100_000;

/**
 * Looks at all shaped links of a bed 20 times a second, by one process that stays. Its samples are those of the links that are
 * shaped when it looks.
 */
export class LinkWatch implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #timer: NodeJS.Timeout;
  readonly #samples = new Map<string, LinkSample[]>();
  #partial = '';

  /** @param enter the command line that leads to where the links are */
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

  /** Samples so far, in order: of `r1`, or of one source's share of it, `r1/1`. */
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
