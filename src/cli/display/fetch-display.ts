import type { WriteStream } from 'node:tty';
import { DURATION, formatQuantity, RATE, SIZE } from '../../config/units.js';
import type { Receiver } from '../../create-receiver.js';
import type { CompleteEvent, ListeningEvent, ProgressEvent } from '../../receiver/events.js';
import { rangesOf } from './index-ranges.js';
import { RecentSteps } from './recent-steps.js';
import { clip } from './table.js';

/** Characters of the map: how full a stretch of the object is, from nothing to all. */
const SHADES = [' ', '░', '▒', '▓', '█'];

/** Long enough that a log of a night stays short, short enough to see whether a fetch goes on. */
const LOG_INTERVAL_MS = 60_000;

/**
 * What `fetch` shows people. On a terminal some lines are renewed, with a map of the file and the reasons of the last joins and
 * leaves. Elsewhere there is a line at the beginning, each minute and at the end, besides warnings.
 */
export class FetchDisplay {
  readonly #stream: NodeJS.WriteStream;
  readonly #what: string;
  readonly #nowMs: () => number;
  readonly #steps = new RecentSteps();
  #drawnLines = 0;
  /** When a log got its last line of progress; undefined before the first progress. */
  #loggedMs: number | undefined;
  #kept: Pick<ProgressEvent, 'bytes' | 'totalBytes'> | undefined;

  /** @param nowMs milliseconds since the command started */
  constructor(stream: NodeJS.WriteStream, what: string, nowMs = () => performance.now()) {
    this.#stream = stream;
    this.#what = what;
    this.#nowMs = nowMs;
  }

  /** Shows the events of a receiver from now on. */
  follow(receiver: Receiver): void {
    receiver.on('descriptor', ({ descriptor, resumedBytes }) => {
      const { version, sizeBytes, tree } = descriptor;
      const resumed = resumedBytes > 0 && resumedBytes < sizeBytes;
      const kept = resumed ? `, of which ${formatQuantity(SIZE, resumedBytes)} are already here` : '';
      this.say(
        `${this.#what} version ${version}, ${formatQuantity(SIZE, sizeBytes)}${tree === undefined ? '' : ', a folder'}${kept}`,
      );
    });
    for (const name of ['join', 'leave'] as const) {
      receiver.on(name, ({ reason }) => this.#steps.add(this.#nowMs(), reason));
    }
    receiver.on('listening', (event) => this.#sayListening(event));
    receiver.on('waiting', ({ message }) => this.say(message));
    receiver.on('warning', ({ message }) => this.say(message));
    receiver.on('seed', ({ bytes, deltaBytes, totalBytes }) => {
      const left = totalBytes - bytes - deltaBytes;
      const [old, changed] = [bytes, deltaBytes].map((one) => formatQuantity(SIZE, one));
      const rest = left > 0 ? `; receiving the other ${formatQuantity(SIZE, left)}` : '';
      this.say(`${old} taken from seeds, ${changed} from the delta${rest}`);
    });
    receiver.once('fill', ({ url }) => this.say(`multicast does not bring the rest; asking ${url}`));
    receiver.on('progress', (event) => {
      this.#kept = event;
      this.#draw(event);
    });
    receiver.on('complete', (event) => {
      for (const line of summaryOf(event)) this.say(line);
    });
  }

  [Symbol.dispose](): void {
    this.#erase();
  }

  /** Says how much of the object a stopped fetch has kept. Says nothing if no progress was reported. */
  sayKept(): void {
    if (this.#kept === undefined) return;
    const { bytes, totalBytes } = this.#kept;
    const percent = totalBytes === 0 ? 100 : Math.floor((100 * bytes) / totalBytes);
    const sizes = `${formatQuantity(SIZE, bytes)} of ${formatQuantity(SIZE, totalBytes)}`;
    this.say(`stopped at ${percent} %: ${sizes} are kept; run the same command again to go on`);
  }

  /** Writes a line that is not renewed. */
  say(line: string): void {
    this.#erase();
    this.#stream.write(`${line}\n`);
  }

  /** Says on a terminal where the command listens, as nothing else appears before an announcement. Logs need no such line. */
  #sayListening({ group, port, interface: name, patienceMs }: ListeningEvent): void {
    if (!this.#stream.isTTY) return;
    this.say(listeningText({ group, port, interface: name, forUs: patienceMs * 1000 }));
  }

  #draw(event: ProgressEvent): void {
    if (!this.#stream.isTTY) {
      this.#log(event);
      return;
    }
    const columns = (this.#stream as WriteStream).columns || 80;
    const steps = this.#steps.lines.map((line) => clip(line, columns - 1));
    const lines = [...progressLines(event, columns), ...steps];
    this.#erase();
    this.#stream.write(lines.map((line) => `${line}\n`).join(''));
    this.#drawnLines = lines.length;
  }

  /** Logs get a line each minute. */
  #log(event: ProgressEvent): void {
    const nowMs = this.#nowMs();
    this.#loggedMs ??= nowMs;
    if (nowMs - this.#loggedMs < LOG_INTERVAL_MS) return;
    this.#loggedMs = nowMs;
    const [progress, path] = progressLines(event, Number.POSITIVE_INFINITY);
    this.say(`${progress}  ${path}`);
  }

  #erase(): void {
    // Goes up to the first drawn line and clears from there to the end of the screen (ECMA-48: CPL, ED).
    if (this.#drawnLines > 0) this.#stream.write(`\x1b[${this.#drawnLines}F\x1b[J`);
    this.#drawnLines = 0;
  }
}

/** Three lines of at most `columns` − 1 characters, so that no terminal breaks them: progress, network path, map. */
export function progressLines(event: ProgressEvent, columns: number): readonly string[] {
  const { bytes, totalBytes, rateBitsPerSecond, etaMs, servers, channels, map } = event;
  const percent = totalBytes === 0 ? 100 : Math.floor((100 * bytes) / totalBytes);
  const numbers = [
    `${percent} %`,
    `${formatQuantity(SIZE, bytes)} of ${formatQuantity(SIZE, totalBytes)}`,
    rateText(rateBitsPerSecond),
    etaMs === undefined ? 'waiting for data' : `${remaining(etaMs)} left`,
  ];
  const from = servers.length === 0 ? 'no server yet' : servers.join(', ');
  const drawing = map.map((share) => SHADES[Math.floor(share * (SHADES.length - 1))]).join('');
  const width = columns - 1;
  const mapWidth = Math.min(drawing.length, Math.floor(width / 2));
  const cells = Array.from({ length: mapWidth }, (_, i) => [...drawing][Math.floor((i * drawing.length) / mapWidth)]);
  const sources = `channels ${rangesOf(channels, ',') || '-'} from ${from}`;
  return [numbers.join('  '), pathText(event), `▕${cells.join('')}▏ ${sources}`].map((line) => clip(line, width));
}

/** Says where a command listens, and for how long at most. */
export function listeningText(where: {
  readonly group: string;
  readonly port: number;
  readonly interface: string | undefined;
  readonly forUs: number;
}): string {
  const { group, port, interface: name, forUs } = where;
  return `listening on [${group}]:${port}${name === undefined ? '' : ` on ${name}`}, for up to ${formatQuantity(DURATION, forUs)}`;
}

function pathText(event: ProgressEvent): string {
  const { level, levelCount, levelRateBitsPerSecond, queueMs, lossRatio, capacityBitsPerSecond } = event;
  const parts = [
    `level ${level} of ${levelCount}, ${rateText(levelRateBitsPerSecond)}`,
    `queue ${queueMs} ms`,
    `loss ${(100 * lossRatio).toFixed(1)} %`,
  ];
  if (capacityBitsPerSecond !== undefined) parts.push(`capacity ${rateText(capacityBitsPerSecond)}`);
  return parts.join('  ');
}

function rateText(rateBitsPerSecond: number): string {
  return `${formatQuantity(RATE, rateBitsPerSecond)}/s`;
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

function remaining(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return formatQuantity(DURATION, milliseconds * 1000, 2);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${hours} h ${minutes % 60} min`;
}
