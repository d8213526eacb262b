import { DURATION, formatQuantity, percentOf, rateText, SIZE } from '../../base/units.js';
import type { EventOf } from '../../events/event-types.js';
import type { iotupdEvents } from '../../events/iotupd-events.js';
import { stoppedText } from './fetch-display.js';
import { listeningText } from './listening-text.js';
import { canRenew, LiveLines } from './live-lines.js';
import { LOG_GAP_MS, SpacedLines } from './spaced-lines.js';
import { clip } from './table.js';

type Events = typeof iotupdEvents;
type Progress = EventOf<Events['progress']>;
type Shown = { readonly [Name in keyof Events]: (event: EventOf<Events[Name]>) => void };

/** What terminals have that do not say how wide they are. */
const COLUMNS = 80;

/**
 * What `fetch iotupd://…` shows people: a line for each event, and one line of progress, which is renewed on a terminal; elsewhere it comes each minute.
 */
export class IotupdDisplay implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #nowMs: () => number;
  /** Undefined where there is no terminal, or one that cannot renew lines. */
  readonly #lines: LiveLines | undefined;
  readonly #spaced = new SpacedLines(LOG_GAP_MS, false);
  /** The newest one. */
  #progress: Progress | undefined;
  readonly #shown: Shown;

  /** @param nowMs milliseconds since the command started */
  constructor(stream: NodeJS.WriteStream, what: string, isQuiet = false, nowMs = () => performance.now()) {
    this.#stream = stream;
    this.#nowMs = nowMs;
    this.#lines = !isQuiet && canRenew(stream) ? new LiveLines(stream) : undefined;
    const say = (line: string) => this.#say(line);
    const course: Partial<Shown> = isQuiet
      ? { waiting: ignore, listening: ignore, file: ignore, progress: (event) => this.#measure(event), warning: ignore }
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
      progress: (event) => {
        this.#measure(event);
        this.#draw(event);
      },
      warning: ({ message }) => say(`warning: ${message}`),
      complete: (event) => {
        this.#lines?.clear();
        for (const line of summaryOf(event)) say(line);
      },
      error: ignore,
      ...course,
    };
  }

  show<Name extends keyof Events>(name: Name, event: EventOf<Events[Name]>): void {
    this.#shown[name](event);
  }

  /** Says how much of the file a stopped fetch has kept. Says nothing if no progress was reported. */
  sayKept(): void {
    if (this.#progress === undefined) return;
    this.#lines?.clear();
    this.#say(stoppedText(this.#progress));
  }

  [Symbol.dispose](): void {
    this.#lines?.clear();
  }

  #measure(event: Progress): void {
    this.#progress = event;
  }

  #draw(event: Progress): void {
    if (this.#lines !== undefined) this.#lines.show([clip(progressText(event), (this.#stream.columns || COLUMNS) - 1)]);
    else if (this.#spaced.takeDue('progress', this.#nowMs())) this.#say(progressText(event));
  }

  #say(line: string): void {
    if (this.#lines === undefined) this.#stream.write(`${line}\n`);
    else this.#lines.insert(line);
  }
}

const ignore = (): void => undefined;

function progressText({ bytes, totalBytes, rateBitsPerSecond, lossRatio }: Progress): string {
  return [
    `${percentOf(bytes, totalBytes)} %`,
    `${formatQuantity(SIZE, bytes)} of ${formatQuantity(SIZE, totalBytes)}`,
    rateText(rateBitsPerSecond),
    `loss ${(100 * lossRatio).toFixed(1)} %`,
  ].join('  ');
}

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
