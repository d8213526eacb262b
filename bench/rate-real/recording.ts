import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LinkSample, LinkWatch } from '../../test/lab/link-watch.js';
import type { Relay } from '../../test/lab/relay/relay.js';
import { carried, queueMsOf } from './carried.js';
import type { StagedReceiver } from './staged-receiver.js';

/** Time between two lines about a link in the log. */
const linkLineMs = 500;

interface Line {
  readonly atMs: number;
  readonly line: Readonly<Record<string, unknown>>;
}

/** All events of a play, on the clock of `performance.now()`. */
export class Recording {
  readonly name: string;
  readonly #watch: LinkWatch;
  readonly #receivers: StagedReceiver[] = [];
  readonly #leftMs = new Map<StagedReceiver, number>();
  readonly #links = new Map<string, { readonly atMs: number; readonly rateBitsPerSecond: number }[]>();
  readonly #relays = new Map<string, Relay>();
  readonly #flows: { readonly atMs: number; readonly flow: string; readonly rateBitsPerSecond: number }[] = [];
  #startMs = performance.now();
  #endMs: number | undefined;

  constructor(name: string, watch: LinkWatch) {
    this.name = name;
    this.#watch = watch;
  }

  get startMs(): number {
    return this.#startMs;
  }

  get endMs(): number {
    return this.#endMs ?? performance.now();
  }

  begin(): void {
    this.#startMs = performance.now();
  }

  end(): void {
    this.#endMs = performance.now();
  }

  add(receiver: StagedReceiver): void {
    this.#receivers.push(receiver);
  }

  /** Notes that a receiver is told to end: what it leaves from now on was not its choice. */
  leaves(receiver: StagedReceiver): void {
    this.#leftMs.set(receiver, performance.now());
  }

  /** Notes a link's rate from now on. */
  linked(link: string, rateBitsPerSecond: number): void {
    const rates = this.#links.get(link) ?? [];
    this.#links.set(link, [...rates, { atMs: performance.now(), rateBitsPerSecond }]);
  }

  /** Notes that a link is a relay, whose counters are those of the link. */
  relayed(link: string, relay: Relay): void {
    this.#relays.set(link, relay);
  }

  /** The relay of a link, if it has one. */
  relay(link: string): Relay | undefined {
    return this.#relays.get(link);
  }

  /** Notes what other traffic got at a moment. */
  flowed(flow: string, atMs: number, rateBitsPerSecond: number): void {
    this.#flows.push({ atMs, flow, rateBitsPerSecond });
  }

  /** The receiver of a host; the first, where it received more than once. */
  receiver(host: string): StagedReceiver {
    const found = this.#receivers.find((receiver) => receiver.host === host);
    if (found === undefined) throw new Error(`${this.name}: nothing was received at ${host}`);
    return found;
  }

  /** When a receiver was told to end, or the end of all. */
  leftMs(receiver: StagedReceiver): number {
    return this.#leftMs.get(receiver) ?? this.endMs;
  }

  samples(link: string): readonly LinkSample[] {
    return this.#relays.get(link)?.samples ?? this.#watch.samples(link);
  }

  /** Writes the log, `NAME.jsonl`, in the form of `simulate --json`; every time is one since the beginning. */
  async write(folder: string): Promise<void> {
    const heard = this.#receivers.flatMap((receiver) => heardBy(receiver));
    const text = [...heard, ...this.#linkLines(), ...this.#flowLines()]
      .toSorted((a, b) => a.atMs - b.atMs)
      .map(({ atMs, line }) => `${JSON.stringify({ ...line, atMs: Math.round(atMs - this.#startMs) })}\n`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${this.name}.jsonl`), text.join(''));
  }

  #flowLines(): readonly Line[] {
    return this.#flows.map(({ atMs, flow, rateBitsPerSecond }) => {
      return { atMs, line: { event: 'flow', flow, rateBitsPerSecond: Math.round(rateBitsPerSecond) } };
    });
  }

  #linkLines(): readonly Line[] {
    return [...this.#links].flatMap(([link, rates]) => {
      const samples = this.samples(link).filter(({ atMs }) => atMs >= this.#startMs);
      const lines: Line[] = [];
      let last = samples[0];
      for (const sample of samples) {
        if (last === undefined || sample.atMs - last.atMs < linkLineMs) continue;
        const { rateBitsPerSecond: capacity } = rates.findLast(({ atMs }) => atMs <= sample.atMs) ?? rates[0]!;
        const { rateBitsPerSecond, dropRatio } = carried([last, sample], last.atMs, sample.atMs);
        const line = {
          event: 'link',
          link,
          rateBitsPerSecond: Math.round(rateBitsPerSecond),
          capacityBitsPerSecond: capacity,
          queueMs: Math.round(queueMsOf(sample, capacity)),
          lossRatio: dropRatio,
        };
        lines.push({ atMs: sample.atMs, line });
        last = sample;
      }
      return lines;
    });
  }
}

function heardBy(receiver: StagedReceiver): readonly Line[] {
  return receiver.heard.map(({ atMs, event }) => ({ atMs, line: { ...event, receiver: receiver.host } }));
}
