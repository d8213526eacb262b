import type { Geometry } from '../../object/geometry.js';
import type { CacheFolder, SpoolFile } from './cache-folder.js';
import type { CodingThread } from './coding-thread.js';
import { type SpoolChannel, spoolBytes } from './spool.js';

/** A channel of an object that is fast enough for a spool. */
export interface FastChannel extends SpoolChannel {
  /** The repair symbol that the channel sends now or next if it is on the air from now on. */
  readonly nextEsi: () => number;
}

/** Processor time of the coding thread for a repair symbol that is made from rows, in µs (`npm run bench -- encode`). */
export const ROWS_US = 20;
/** Channels that take less than this share of the coding thread without spools need not wait for the spools. */
const PATIENT_SHARE = 0.5;
/** Between two questions how much is made. */
const ASK_MS = 100;
/** If no block is made for so many questions, channels on the air need all the time. The object then goes on the air without waiting. */
const MAX_IDLE_ASKS = 50;
/** How often the wait begins anew because its channels would be in the next segment by now. */
const MAX_AIMS = 4;

/** The spools of an object, from the side of the thread that owns their files. A fault ends a spool quietly: symbols come from rows then. */
export class ObjectSpools {
  readonly #thread: CodingThread;
  readonly #object: number;
  readonly #open: { readonly channel: FastChannel; readonly end: () => Promise<void> }[] = [];

  /** @param object number of the object in the thread */
  constructor(thread: CodingThread, object: number) {
    this.#thread = thread;
    this.#object = object;
  }

  /** Makes files for as many channels as there is room for, the first ones first. */
  async open(folder: CacheFolder, geometry: Geometry, channels: readonly FastChannel[]): Promise<void> {
    for (const channel of channels) await this.#openOne(folder, geometry, channel).catch(() => undefined);
    if (this.#open.length === 0) this.#thread.holdRows(this.#object);
  }

  /**
   * Resolves when the symbols are made with which the channels begin, if they go on the air now; also if they cannot be made. Channels for
   * which rows suffice need not wait: a second for each gigabyte of the object, and much longer where a disk has to be read.
   *
   * @param onProgress called with how much is made, from 0 to 1
   * @throws the reason of the signal
   */
  async ready(signal: AbortSignal, onProgress: (madeRatio: number) => void): Promise<void> {
    const share = this.#open.reduce((sum, { channel }) => sum + ROWS_US / channel.repairIntervalUs, 0);
    if (share < PATIENT_SHARE) return;
    let [madeRatio, idleCount] = [0, 0];
    for (let aim = 0; aim < MAX_AIMS && this.#open.length > 0; ) {
      const now = await this.#aim(signal);
      idleCount = now === madeRatio ? idleCount + 1 : 0;
      if (now > madeRatio) onProgress(now);
      // By now the channels may be further on.
      if (now === 1 && (await this.#aim(signal)) === 1) return;
      if (now === 1) aim++;
      if (idleCount === MAX_IDLE_ASKS) return;
      madeRatio = now;
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      signal.throwIfAborted();
    }
  }

  /** Resolves when no file is open any more. */
  async close(): Promise<void> {
    await Promise.all(this.#open.map(({ end }) => end()));
  }

  /** A lost thread is no reason to stay off the air. */
  async #aim(signal: AbortSignal): Promise<number> {
    const nextEsis = this.#open.map(({ channel }) => channel.nextEsi());
    return await this.#thread.aim(this.#object, nextEsis, signal).catch(() => {
      signal.throwIfAborted();
      return 1;
    });
  }

  async #openOne(folder: CacheFolder, geometry: Geometry, channel: FastChannel): Promise<void> {
    let spool: number | undefined;
    let file: SpoolFile | undefined;
    const end = async () => {
      if (spool !== undefined) await this.#thread.endSpool(this.#object, spool);
      await file?.close();
    };
    file = await folder.openSpool(spoolBytes(channel, geometry), end);
    const { range, hasSources, repairIntervalUs } = channel;
    const opened = { fd: file.fd, channel: { range, hasSources, repairIntervalUs }, nextEsi: channel.nextEsi() };
    spool = this.#thread.openSpool(this.#object, opened, () => void end());
    this.#open.push({ channel, end });
  }
}
