import type { WriteStream } from 'node:tty';
import { formatQuantity, percentOf, SIZE } from '../../base/units.js';
import type { Receiver } from '../../create-receiver.js';
import type { CompleteEvent, ListeningEvent, ProgressEvent } from '../../receiver/events.js';
import type { Detail } from '../detail.js';
import { decisionText } from './decision-text.js';
import { fetchPicture, progressLines, remaining } from './fetch-picture.js';
import { listeningText } from './listening-text.js';
import { canRenew, LiveLines } from './live-lines.js';
import { RecentSteps } from './recent-steps.js';
import { LOG_GAP_MS, SpacedLines } from './spaced-lines.js';

/** Measurements that are kept, one a second: more than the columns of any terminal. */
const MAX_MEASURED = 400;
/** What terminals have that do not say how large they are. */
const [COLUMNS, ROWS] = [80, 24];

/**
 * What `fetch` shows people. On a terminal a picture is renewed, with a map of the file, curves of rate and level, and the reasons of the last joins
 * and leaves. Elsewhere there is a line at the beginning, each minute and at the end, besides warnings. Quiet, only the end is told; verbose, each
 * join and leave has a line.
 */
export class FetchDisplay {
  readonly #stream: NodeJS.WriteStream;
  readonly #what: string;
  readonly #detail: Detail;
  readonly #nowMs: () => number;
  readonly #steps = new RecentSteps();
  /** Undefined where there is no terminal, or one that cannot renew lines. */
  readonly #lines: LiveLines | undefined;
  readonly #redraw = () => this.#draw();
  readonly #rates: number[] = [];
  readonly #levels: number[] = [];
  readonly #spaced = new SpacedLines(LOG_GAP_MS, false);
  /** The newest one. */
  #progress: ProgressEvent | undefined;

  /** @param nowMs milliseconds since the command started */
  constructor(stream: NodeJS.WriteStream, what: string, detail: Detail = 'usual', nowMs = () => performance.now()) {
    this.#stream = stream;
    this.#what = what;
    this.#detail = detail;
    this.#nowMs = nowMs;
    if (detail !== 'quiet' && canRenew(stream)) {
      this.#lines = new LiveLines(stream);
      stream.on('resize', this.#redraw);
    }
  }

  /** Shows the events of a receiver from now on. */
  follow(receiver: Receiver): void {
    receiver.on('complete', (event) => {
      this.#end();
      for (const line of summaryOf(event)) this.say(line);
    });
    if (this.#detail === 'quiet') receiver.on('progress', (event) => this.#measure(event));
    else this.#followCourse(receiver);
  }

  #followCourse(receiver: Receiver): void {
    receiver.on('descriptor', ({ descriptor, resumedBytes }) => {
      const { version, sizeBytes, tree } = descriptor;
      const resumed = resumedBytes > 0 && resumedBytes < sizeBytes;
      const kept = resumed ? `, of which ${formatQuantity(SIZE, resumedBytes)} are already here` : '';
      this.say(
        `${this.#what} version ${version}, ${formatQuantity(SIZE, sizeBytes)}${tree === undefined ? '' : ', a folder'}${kept}`,
      );
    });
    for (const name of ['join', 'leave'] as const) {
      receiver.on(name, (event) => {
        this.#steps.add(this.#nowMs(), event.reason);
        if (this.#detail === 'verbose') this.say(decisionText(name, event));
      });
    }
    receiver.on('listening', (event) => this.#sayListening(event));
    receiver.on('waiting', ({ message }) => this.say(message));
    receiver.on('warning', ({ message }) => this.say(`warning: ${message}`));
    receiver.on('seed', ({ bytes, deltaBytes, totalBytes }) => {
      const left = totalBytes - bytes - deltaBytes;
      const [old, changed] = [bytes, deltaBytes].map((one) => formatQuantity(SIZE, one));
      const rest = left > 0 ? `; receiving the other ${formatQuantity(SIZE, left)}` : '';
      this.say(`${old} taken from seeds, ${changed} from the delta${rest}`);
    });
    receiver.once('fill', ({ url }) => this.say(`multicast does not bring the rest; asking ${url}`));
    receiver.on('progress', (event) => {
      this.#measure(event);
      if (this.#lines === undefined) this.#log(event);
      else this.#draw();
    });
  }

  [Symbol.dispose](): void {
    this.#stream.off('resize', this.#redraw);
    this.#end();
  }

  /** Says how much of the object a stopped fetch has kept. Says nothing if no progress was reported. */
  sayKept(): void {
    if (this.#progress === undefined) return;
    const text = stoppedText(this.#progress);
    this.#end();
    this.say(text);
  }

  /** Writes a line that is not renewed. */
  say(line: string): void {
    if (this.#lines === undefined) this.#stream.write(`${line}\n`);
    else this.#lines.insert(line);
  }

  /** The picture is over; lines can follow. */
  #end(): void {
    this.#progress = undefined;
    this.#lines?.clear();
  }

  /** Says on a terminal where the command listens, as nothing else appears before an announcement. Logs need no such line. */
  #sayListening({ group, port, interface: name, patienceMs }: ListeningEvent): void {
    if (!this.#stream.isTTY) return;
    this.say(listeningText({ group, port, interface: name, forUs: patienceMs * 1000 }));
  }

  #measure(event: ProgressEvent): void {
    this.#progress = event;
    this.#rates.push(event.rateBitsPerSecond);
    this.#levels.push(event.level);
    for (const values of [this.#rates, this.#levels]) if (values.length > MAX_MEASURED) values.shift();
  }

  #draw(): void {
    if (this.#progress === undefined) return;
    const picture = { progress: this.#progress, rates: this.#rates, levels: this.#levels, steps: this.#steps.lines };
    const { columns, rows } = this.#stream as WriteStream;
    this.#lines?.show(fetchPicture(picture, columns || COLUMNS, rows || ROWS));
  }

  /** Logs get a line each minute. */
  #log(event: ProgressEvent): void {
    if (!this.#spaced.takeDue('progress', this.#nowMs())) return;
    const [progress, path] = progressLines(event, Number.POSITIVE_INFINITY);
    this.say(`${progress}  ${path}`);
  }
}

/** How much of what a signal has stopped is kept. */
export function stoppedText({ bytes, totalBytes }: { readonly bytes: number; readonly totalBytes: number }): string {
  const sizes = `${formatQuantity(SIZE, bytes)} of ${formatQuantity(SIZE, totalBytes)}`;
  return `stopped at ${percentOf(bytes, totalBytes)} %: ${sizes} are kept; run the same command again to go on`;
}

function summaryOf(event: CompleteEvent): readonly string[] {
  const { bytes, elapsedMs, overhead, lostDatagrams, datagrams, servers, resumedBytes, sha256, path } = event;
  const size = formatQuantity(SIZE, bytes);
  const result = [...(path === undefined ? [] : [`  ${path}`]), `  SHA-256 ${sha256}`];
  if (datagrams === 0 && resumedBytes === bytes) return [`complete and verified: ${size} were already here`, ...result];
  const loss = datagrams === 0 ? 0 : lostDatagrams / (datagrams + lostDatagrams);
  const shares = [`loss ${(100 * loss).toFixed(1)} %`, `overhead ${(100 * Math.max(0, overhead)).toFixed(1)} %`];
  return [
    `complete and verified: ${size} in ${remaining(elapsedMs)}, ${shares.join(', ')}`,
    `  from ${servers.map(({ server }) => server).join(', ') || 'no server'}`,
    ...result,
  ];
}
