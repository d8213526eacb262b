import type { WriteStream } from 'node:tty';
import type { Receiver } from '../create-receiver.js';
import { DURATION, formatQuantity, RATE, SIZE } from '../fleet/units.js';
import type { CompleteEvent, ProgressEvent } from '../receiver/events.js';
import { clip } from './table.js';

/** How full a stretch of the object is, from nothing to all. */
const SHADES = [' ', '░', '▒', '▓', '█'];

/**
 * What `fetch` shows people: on a terminal two lines that renew themselves, with a map of the file filling up; elsewhere one
 * line at the beginning and one at the end, besides warnings.
 */
export class FetchDisplay {
  readonly #stream: NodeJS.WriteStream;
  readonly #what: string;
  #drawnLines = 0;

  constructor(stream: NodeJS.WriteStream, what: string) {
    this.#stream = stream;
    this.#what = what;
  }

  follow(receiver: Receiver): void {
    receiver.on('descriptor', ({ descriptor, resumedBytes }) => {
      const { version, sizeBytes } = descriptor;
      const resumed = resumedBytes > 0 && resumedBytes < sizeBytes;
      const kept = resumed ? `, ${formatQuantity(SIZE, resumedBytes)} of it here from before` : '';
      this.#say(`${this.#what} version ${version}, ${formatQuantity(SIZE, sizeBytes)}${kept}`);
    });
    receiver.on('warning', ({ message }) => this.#say(message));
    receiver.on('progress', (event) => this.#draw(event));
    receiver.on('complete', (event) => {
      for (const line of summaryOf(event)) this.#say(line);
    });
  }

  [Symbol.dispose](): void {
    this.#erase();
  }

  /** A line that stays. */
  #say(line: string): void {
    this.#erase();
    this.#stream.write(`${line}\n`);
  }

  #draw(event: ProgressEvent): void {
    if (!this.#stream.isTTY) return;
    const lines = progressLines(event, (this.#stream as WriteStream).columns || 80);
    this.#erase();
    this.#stream.write(lines.map((line) => `${line}\n`).join(''));
    this.#drawnLines = lines.length;
  }

  #erase(): void {
    // Up to the first drawn line, and clear from there to the end of the screen (ECMA-48: CPL, ED).
    if (this.#drawnLines > 0) this.#stream.write(`\x1b[${this.#drawnLines}F\x1b[J`);
    this.#drawnLines = 0;
  }
}

/** Two lines of at most `columns` − 1 characters, so that no terminal breaks them. */
export function progressLines(event: ProgressEvent, columns: number): readonly string[] {
  const { bytes, totalBytes, rateBitsPerSecond, lossRatio, etaMs, servers, channels, map } = event;
  const percent = totalBytes === 0 ? 100 : Math.floor((100 * bytes) / totalBytes);
  const numbers = [
    `${percent} %`,
    `${formatQuantity(SIZE, bytes)} of ${formatQuantity(SIZE, totalBytes)}`,
    `${formatQuantity(RATE, rateBitsPerSecond)}/s`,
    `loss ${(100 * lossRatio).toFixed(1)} %`,
    etaMs === undefined ? 'waiting for data' : `${remaining(etaMs)} left`,
  ];
  const from = servers.length === 0 ? 'nobody yet' : servers.join(', ');
  const drawing = map.map((share) => SHADES[Math.floor(share * (SHADES.length - 1))]).join('');
  const width = columns - 1;
  const mapWidth = Math.min(drawing.length, Math.floor(width / 2));
  const cells = Array.from({ length: mapWidth }, (_, i) => [...drawing][Math.floor((i * drawing.length) / mapWidth)]);
  const who = `channels ${channels.join(',') || '-'} from ${from}`;
  return [clip(numbers.join('  '), width), clip(`▕${cells.join('')}▏ ${who}`, width)];
}

function summaryOf(event: CompleteEvent): readonly string[] {
  const { bytes, elapsedMs, overhead, lostDatagrams, datagrams, servers, resumedBytes } = event;
  const size = formatQuantity(SIZE, bytes);
  if (datagrams === 0 && resumedBytes === bytes) return [`complete and verified: ${size} were already here`];
  const loss = datagrams === 0 ? 0 : lostDatagrams / (datagrams + lostDatagrams);
  const shares = [`loss ${(100 * loss).toFixed(1)} %`, `overhead ${(100 * Math.max(0, overhead)).toFixed(1)} %`];
  return [
    `complete and verified: ${size} in ${remaining(elapsedMs)}, ${shares.join(', ')}`,
    `  from ${servers.map(({ server }) => server).join(', ') || 'nobody'}`,
  ];
}

function remaining(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return formatQuantity(DURATION, milliseconds * 1000, 2);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${hours} h ${minutes % 60} min`;
}
