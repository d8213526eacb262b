import { LayercastError } from '../base/errors.js';
import type { Clock, Network } from '../base/ports.js';
import type { EventOf } from '../events/event-types.js';
import type { iotupdEvents } from '../events/iotupd-events.js';
import { awaitInterface } from '../net/interfaces/interfaces.js';
import { IotupdListener } from '../receiver/iotupd/iotupd-listener.js';
import { type FrameFile, IotupdReception } from '../receiver/iotupd/iotupd-reception.js';
import { IotupdDestination } from '../retrieve/iotupd-destination.js';
import { Start } from './start.js';

type Events = typeof iotupdEvents;

export interface IotupdOptions {
  /** All are joined. */
  readonly groups: readonly string[];
  readonly port: number;
  readonly output: string;
  /** In hexadecimal; undefined takes whatever file the frames bring. */
  readonly sha256: string | undefined;
  readonly interface: string | undefined;
  readonly wait: boolean;
  readonly timeoutMs: number | undefined;
  readonly patienceMs: number;
  /** Folder for the record of progress; undefined for a record beside the output. */
  readonly stateDir: string | undefined;
}

export interface IotupdWorld {
  readonly clock: Clock;
  readonly network: Network;
  readonly emit: <Name extends Exclude<keyof Events, 'error'>>(name: Name, event: EventOf<Events[Name]>) => void;
}

/** How often progress is reported, and what came is put on disk. */
const TICK_US = 1_000_000;
/** Most times that all bytes of a file are received anew because they were wrong: whoever sends wrong frames does not stop then. */
const MAX_RESTARTS = 10;

/** Receives one file from servers of iotupd, from the opening of its destination to the sockets. It runs once. */
export class IotupdEngine {
  readonly #options: IotupdOptions;
  readonly #world: IotupdWorld;
  readonly #beganUs: number;
  readonly #told = new Set<string>();
  #resumedBytes = 0;
  #restartCount = 0;
  #failure: unknown;

  constructor(options: IotupdOptions, world: IotupdWorld) {
    this.#options = options;
    this.#world = world;
    this.#beganUs = world.clock.nowUs();
  }

  /**
   * @throws {LayercastError} `NOBODY_SENDING`, `TIMEOUT`, `ABORTED`, `RECORD_INVALID` when only other or wrong files come, and what
   * opening the destination throws. Progress is kept.
   */
  async run(signal: AbortSignal): Promise<EventOf<Events['complete']>> {
    const { timeoutMs, output, stateDir, sha256, interface: name, wait } = this.#options;
    const { emit } = this.#world;
    using start = new Start(timeoutMs, signal, (message) => emit('waiting', { message }));
    await using destination = await start.step((onWaiting) =>
      IotupdDestination.open({ output, journalDir: stateDir, signal: start.signal, onWaiting }),
    );
    const reception = new IotupdReception(
      this.#world.clock.nowUs(),
      (...piece) => destination.write(...piece),
      (file, frameBytes) => this.#begin(destination, file, frameBytes),
    );
    const sizeBytes = sha256 === undefined ? undefined : await destination.sizeOf(sha256, start.signal);
    if (sha256 !== undefined && sizeBytes !== undefined) {
      this.#resumedBytes = sizeBytes;
      return this.#completed(reception, [], destination.outputPath, { bytes: sizeBytes, sha256, hash: undefined });
    }
    const on = await start.step((onWaiting) => awaitInterface(name, { wait, signal: start.signal, onWaiting }));
    start[Symbol.dispose]();
    if (sha256 === undefined) this.#warn('UNPROVEN', UNPROVEN);
    return await this.#receive(destination, reception, on.name, signal);
  }

  async #receive(
    destination: IotupdDestination,
    reception: IotupdReception,
    interfaceName: string,
    signal: AbortSignal,
  ): Promise<EventOf<Events['complete']>> {
    const { groups, port, patienceMs } = this.#options;
    const { clock, network, emit } = this.#world;
    const where = { groups, port, interface: interfaceName };
    const listener = new IotupdListener(where, network, clock, reception, {
      onJoined: (group) => emit('listening', { group, port, interface: interfaceName, patienceMs }),
      onRefused: (message) => this.#warn('JOIN_REFUSED', message),
    });
    await this.#recall(destination, reception);
    try {
      for (;;) {
        await this.#untilWhole(listener, reception, destination, signal);
        await listener.close();
        const { sizeBytes, hash } = reception.file!;
        const sha256 = await this.#judge(destination, reception);
        if (sha256 === undefined) continue;
        await destination.commit();
        const found = { bytes: sizeBytes, sha256, hash: hexOf(hash) };
        return this.#completed(reception, listener.addresses, destination.outputPath, found);
      }
    } finally {
      await listener.close();
      await destination.keep([...reception.ranges.ranges()]);
    }
  }

  async #untilWhole(
    listener: IotupdListener,
    reception: IotupdReception,
    destination: IotupdDestination,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, emit } = this.#world;
    let [bits, tickUs] = [listener.receivedBits, clock.nowUs()];
    let keptBytes = reception.ranges.totalBytes;
    for (;;) {
      await listener.maintain();
      await listener.until(tickUs + TICK_US, signal);
      if (this.#failure !== undefined) throw this.#failure;
      signal.throwIfAborted();
      const { ranges, file, losses, frameCount } = reception;
      if (reception.isWhole) return;
      const nowUs = clock.nowUs();
      this.#endIfVain(reception, nowUs);
      const rateBitsPerSecond = Math.round((listener.receivedBits - bits) / ((nowUs - tickUs) / 1e6));
      [bits, tickUs] = [listener.receivedBits, nowUs];
      if (file === undefined) continue;
      const lossRatio = losses.lostCount / Math.max(1, losses.lostCount + frameCount);
      const sizes = { bytes: ranges.totalBytes, totalBytes: file.sizeBytes };
      emit('progress', { ...sizes, rateBitsPerSecond, lossRatio, servers: listener.addresses });
      if (ranges.totalBytes === keptBytes) continue;
      keptBytes = ranges.totalBytes;
      await destination.keep([...ranges.ranges()]);
    }
  }

  /** The SHA-256 if the bytes are the wanted file; otherwise they are forgotten. @throws {LayercastError} `RECORD_INVALID` */
  async #judge(destination: IotupdDestination, reception: IotupdReception): Promise<string | undefined> {
    const wanted = this.#options.sha256;
    const sha256 = (await destination.sha256()).toString('hex');
    if (sha256 === wanted) return sha256;
    const isAsFramed = await destination.hasFrameHash();
    if (isAsFramed && wanted === undefined) return sha256;
    await destination.forget();
    if (isAsFramed) {
      this.#warn('OTHER_FILE', `the servers send a file with SHA-256 ${sha256}, which is not the one that is wanted`);
      reception.refuse();
      return undefined;
    }
    const message =
      'the bytes do not have the hash that the frames name: somebody sends wrong frames, or a disk is at fault';
    if (this.#restartCount++ >= MAX_RESTARTS)
      throw new LayercastError('RECORD_INVALID', message, { hint: LISTEN_ELSEWHERE });
    this.#warn('WRONG_BYTES', `${message}; receiving the file from the beginning`);
    reception.restart();
    return undefined;
  }

  /** Takes up what an earlier run left on disk. */
  async #recall(destination: IotupdDestination, reception: IotupdReception): Promise<void> {
    const kept = await destination.recall();
    if (kept === undefined) return;
    reception.resume(kept.file, kept.ranges);
    this.#resumedBytes = reception.ranges.totalBytes;
    const { hash, sizeBytes: bytes } = kept.file;
    this.#world.emit('file', { bytes, hash: hexOf(hash), frameBytes: undefined, resumedBytes: this.#resumedBytes });
  }

  #begin(destination: IotupdDestination, { hash, sizeBytes: bytes }: FrameFile, frameBytes: number): void {
    this.#resumedBytes = 0;
    this.#world.emit('file', { bytes, hash: hexOf(hash), frameBytes, resumedBytes: 0 });
    destination.begin({ hash, sizeBytes: bytes }).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** @throws {LayercastError} `NOBODY_SENDING`, `TIMEOUT`, `RECORD_INVALID` */
  #endIfVain(reception: IotupdReception, nowUs: number): void {
    const { timeoutMs = Number.POSITIVE_INFINITY, patienceMs, groups, port } = this.#options;
    const silentMs = (nowUs - reception.lastUs) / 1000;
    const isOver = (nowUs - this.#beganUs) / 1000 >= timeoutMs;
    if (!isOver && silentMs < patienceMs) return;
    const where = groups.map((group) => `[${group}]:${port}`).join(' or ');
    if (reception.hasRefused && reception.file === undefined) {
      const message = `${where} brings no file with SHA-256 ${this.#options.sha256}`;
      throw new LayercastError('RECORD_INVALID', message, {
        hint: 'Compare the SHA-256 with that of the published file',
      });
    }
    if (reception.file === undefined) {
      const message = `no frame of iotupd came to ${where} in ${Math.round(silentMs / 1000)} s`;
      throw new LayercastError('NOBODY_SENDING', message, { hint: LISTEN_ELSEWHERE });
    }
    const { totalBytes } = reception.ranges;
    const what = isOver
      ? `the file is not complete after ${timeoutMs / 1000} s`
      : `no frame came for ${patienceMs / 1000} s`;
    const message = `${what}: ${totalBytes} of ${reception.file.sizeBytes} bytes are there`;
    throw new LayercastError('TIMEOUT', message, { hint: 'Run the same command again: it continues where it stopped' });
  }

  #completed(
    { frameCount, dataBytes, duplicateBytes, losses, refusedCount, refusals }: IotupdReception,
    servers: readonly string[],
    path: string,
    file: Pick<EventOf<Events['complete']>, 'bytes' | 'sha256' | 'hash'>,
  ): EventOf<Events['complete']> {
    const event: EventOf<Events['complete']> = {
      ...file,
      proof: this.#options.sha256 === undefined ? 'none' : 'sha256',
      elapsedMs: Math.round((this.#world.clock.nowUs() - this.#beganUs) / 1000),
      path,
      datagrams: frameCount,
      dataBytes,
      duplicateBytes,
      lostDatagrams: losses.lostCount,
      invalidDatagrams: refusedCount,
      invalid: Object.fromEntries(refusals),
      resumedBytes: this.#resumedBytes,
      servers,
    };
    this.#world.emit('complete', event);
    return event;
  }

  /** Tells each warning once: the system may refuse a join every second. */
  #warn(code: EventOf<Events['warning']>['code'], message: string): void {
    if (code !== 'WRONG_BYTES' && this.#told.has(message)) return;
    this.#told.add(message);
    this.#world.emit('warning', { code, message });
  }
}

const UNPROVEN = 'iotupd signs nothing: whoever can send to the group decides what this file is';
const LISTEN_ELSEWHERE = 'Check group, port and interface, and who may send to the group';

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
