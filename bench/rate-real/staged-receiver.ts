import { rateOf } from '../../dist/rate/ladder/ladder.js';
import type { LabEvent, LabProcess } from '../../test/lab/process.js';
import type { Step } from './levels.js';

/** One event of a receiver, and the time at which it was read, in `performance.now()`. */
export interface Heard {
  readonly atMs: number;
  readonly event: LabEvent;
}

/** Follows a `fetch --json` and records its joined channels over time. */
export class StagedReceiver {
  readonly host: string;
  readonly #process: LabProcess;
  readonly #heard: Heard[] = [];
  readonly #steps: Step[] = [];
  /** Memberships, as `server/channel`, and the rate of each. */
  readonly #joined = new Map<string, number>();
  readonly #following: Promise<void>;
  #rates: readonly number[] = [];
  #serverCount = 1;

  constructor(host: string, process: LabProcess) {
    this.host = host;
    this.#process = process;
    this.#following = this.#follow();
  }

  get heard(): readonly Heard[] {
    return this.#heard;
  }

  /** What it had joined, in whole IPv6 packets; a join that hears any server counts every server. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  get firstJoinMs(): number | undefined {
    return this.#steps[0]?.atMs;
  }

  /** When the file was in its place; undefined until it is. */
  get completeMs(): number | undefined {
    return this.#heard.find(({ event }) => event.event === 'complete')?.atMs;
  }

  /** Resolves when it has ended by itself; rejects with what it said when that was not for being done. */
  async completed(): Promise<void> {
    await this.#following;
    if (this.completeMs === undefined) throw new Error(`${this.host} did not complete: ${this.#process.stderr}`);
  }

  async end(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#process.exited;
    await this.#following;
  }

  async #follow(): Promise<void> {
    for await (const event of this.#process.events()) {
      const atMs = performance.now();
      this.#heard.push({ atMs, event });
      if (event.event === 'descriptor') this.#learn(event);
      else if (event.event === 'join' || event.event === 'leave') this.#step(atMs, event);
    }
  }

  #learn(event: LabEvent): void {
    const channels = event.channels as readonly { readonly intervalUs: number }[];
    this.#rates = channels.map(({ intervalUs }) => rateOf(intervalUs, Number(event.symbolBytes)));
    this.#serverCount = (event.servers as readonly string[]).length;
  }

  #step(atMs: number, { event, channel, server }: LabEvent): void {
    const key = `${server ?? ''}/${channel}`;
    const rate = (this.#rates[Number(channel)] ?? 0) * (server === null ? this.#serverCount : 1);
    if (event === 'join') this.#joined.set(key, rate);
    else this.#joined.delete(key);
    const rateBitsPerSecond = Math.round([...this.#joined.values()].reduce((sum, one) => sum + one, 0));
    this.#steps.push({ atMs, rateBitsPerSecond });
  }
}
