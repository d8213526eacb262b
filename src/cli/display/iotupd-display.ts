import { DURATION, formatQuantity, rateText, SIZE } from '../../base/units.js';
import type { EventOf } from '../../events/event-types.js';
import type { iotupdEvents } from '../../events/iotupd-events.js';
import { listeningText } from './fetch-display.js';

type Events = typeof iotupdEvents;
type Shown = { readonly [Name in keyof Events]: (event: EventOf<Events[Name]>) => void };

/** What `fetch iotupd://…` shows people: a line for each event, and on a terminal one line of progress that is renewed. */
export class IotupdDisplay implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  #hasProgress = false;
  readonly #shown: Shown;

  constructor(stream: NodeJS.WriteStream, what: string, isQuiet = false) {
    this.#stream = stream;
    const say = (line: string) => this.#say(line);
    const course: Partial<Shown> = isQuiet
      ? { waiting: ignore, listening: ignore, file: ignore, progress: ignore, warning: ignore }
      : {};
    this.#shown = {
      waiting: ({ message }) => say(message),
      listening: ({ group, port, interface: name, patienceMs }) => {
        if (stream.isTTY) say(listeningText({ group, port, interface: name, forUs: patienceMs * 1000 }));
      },
      file: ({ bytes, frameBytes, resumedBytes }) => {
        const kept = resumedBytes === 0 ? '' : `, of which ${formatQuantity(SIZE, resumedBytes)} are already here`;
        const frames = frameBytes === undefined ? '' : `, frames of ${frameBytes} bytes`;
        say(`${what}: ${formatQuantity(SIZE, bytes)}${frames}${kept}`);
      },
      progress: (event) => this.#draw(event),
      warning: ({ message }) => say(`warning: ${message}`),
      complete: (event) => {
        for (const line of summaryOf(event)) say(line);
      },
      error: ignore,
      ...course,
    };
  }

  show<Name extends keyof Events>(name: Name, event: EventOf<Events[Name]>): void {
    this.#shown[name](event);
  }

  [Symbol.dispose](): void {
    this.#erase();
  }

  #draw({ bytes, totalBytes, rateBitsPerSecond, lossRatio }: EventOf<Events['progress']>): void {
    if (!this.#stream.isTTY) return;
    this.#erase();
    const parts = [
      `${Math.floor((100 * bytes) / totalBytes)} %`,
      `${formatQuantity(SIZE, bytes)} of ${formatQuantity(SIZE, totalBytes)}`,
      rateText(rateBitsPerSecond),
      `loss ${(100 * lossRatio).toFixed(1)} %`,
    ];
    this.#stream.write(parts.join('  '));
    this.#hasProgress = true;
  }

  #say(line: string): void {
    this.#erase();
    this.#stream.write(`${line}\n`);
  }

  #erase(): void {
    // To the first column, and clear the line (ECMA-48: EL).
    if (this.#hasProgress) this.#stream.write('\r\x1b[K');
    this.#hasProgress = false;
  }
}

const ignore = (): void => undefined;

function summaryOf(event: EventOf<Events['complete']>): readonly string[] {
  const { bytes, elapsedMs, datagrams, lostDatagrams, proof, servers, path, sha256 } = event;
  const size = formatQuantity(SIZE, bytes);
  const result = [`  ${path}`, `  SHA-256 ${sha256}${proof === 'none' ? ', for which nobody vouches' : ''}`];
  if (datagrams === 0) return [`complete and verified: ${size} were already here`, ...result];
  const how = proof === 'none' ? 'complete, not proven' : 'complete and verified';
  const loss = (100 * lostDatagrams) / (datagrams + lostDatagrams);
  return [
    `${how}: ${size} in ${formatQuantity(DURATION, elapsedMs * 1000, 2)}, loss ${loss.toFixed(1)} %`,
    `  from ${servers.join(', ') || 'no server'}`,
    ...result,
  ];
}
