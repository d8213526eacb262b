import type { LinkSample } from '../link-watch.js';
import { type LabEvent, LabProcess } from '../process.js';
import { programOf } from '../program-of.js';
import type { RelayCounts, RelayTask } from './relay-options.js';

const source = new URL('main.ts', import.meta.url);
/** Samples kept: an hour and more; later samples are dropped. */
const maxSamples = 100_000;

/** A relay that runs as a process of its own, and what it has counted. It ends with this process. */
export class Relay implements AsyncDisposable {
  readonly process: LabProcess;
  readonly #samples: LinkSample[] = [];
  #counts: RelayCounts | undefined;

  private constructor(process: LabProcess) {
    this.process = process;
  }

  /**
   * Starts a relay, and resolves when it carries packets.
   *
   * @param enter the words in front of a command that run it where the interfaces are
   */
  static async start(enter: readonly string[], task: RelayTask): Promise<Relay> {
    const command = [process.execPath, await programOf(source), JSON.stringify(task)];
    const relay = new Relay(new LabProcess(enter, command));
    void relay.#follow();
    await relay.process.waitForEvent('relaying');
    return relay;
  }

  /** The last counters; undefined before the first packet. */
  get counts(): RelayCounts | undefined {
    return this.#counts;
  }

  /** Counters over time, in the form of shaped links. `passed` includes what was lost after the queue. */
  get samples(): readonly LinkSample[] {
    return this.#samples;
  }

  /** Resolves when the counters are as wanted. */
  async counted(wanted: (counts: RelayCounts) => boolean): Promise<RelayCounts> {
    const isIt = (event: LabEvent) => event.event === 'relay' && wanted(event as unknown as RelayCounts);
    return (await this.process.waitForEvent(isIt)) as unknown as RelayCounts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }

  async #follow(): Promise<void> {
    for await (const event of this.process.events()) {
      if (event.event !== 'relay') continue;
      const counts = event as unknown as RelayCounts;
      this.#counts = counts;
      if (this.#samples.length === maxSamples) continue;
      this.#samples.push({
        atMs: performance.now(),
        passed: { packets: counts.passedPackets, bytes: counts.passedBytes },
        droppedPackets: counts.droppedPackets,
        waiting: { packets: counts.waitingPackets, bytes: counts.waitingBytes },
      });
    }
  }
}
