import type { EventEmitter } from 'eventemitter3';
import { asLayercastError, LayercastError } from './base/errors.js';
import { systemClock } from './base/system-clock.js';
import type { Engine } from './engine/engine.js';
import type { SenderEngineOptions } from './engine/sender-engine.js';
import type { SenderThread } from './engine/sender-thread.js';
import { ThreadedEngine } from './engine/threaded-engine.js';
import { SafeEmitter } from './events/safe-emitter.js';
import { checkSenderOptions } from './options/check-options.js';
import type { CheckedSenderOptions, SenderOptions } from './options/sender-options.js';
import type { SenderEvents, SenderStats } from './publish/events.js';

/** A running server of a fleet. It only sends and receives nothing. */
export interface Sender extends EventEmitter<SenderEvents>, AsyncDisposable {
  /**
   * Resolves when all objects that can be sent are being sent, also after a reload that was requested meanwhile. Rejects as
   * `done` does. The sender itself retries objects that failed for a passing reason.
   */
  readonly ready: Promise<void>;
  /**
   * Resolves when the sender has stopped after `close` or its signal. Rejects with `USAGE`, `CONFIG_INVALID`, `UNKNOWN_HOST`,
   * `UNKNOWN_INTERFACE`, `KEY_INVALID`, `FILE_IN_USE` (another sender on this machine is the same server), …. If no object can
   * be sent at the start, rejects with the first reason. With the option `exitWhenIdle`, rejects with `NOTHING_TO_SEND` as soon as
   * nothing is left to send.
   */
  readonly done: Promise<void>;
  /**
   * Reads the fleet file, the key and the records again: adds, removes and changes objects without a gap in the others. If the
   * file has a fault, everything goes on as before and the promise rejects. If an object cannot be sent as the file says, the
   * sender keeps sending its previous version, sends all other objects as the file says, and rejects the promise with that
   * object's error, which the event `refuse` has too. Calls during a reload share one reload after it. After the end of the
   * sender the promise rejects with `ABORTED`.
   */
  reload(): Promise<void>;
  stats(): SenderStats;
  /** Stops sending; resolves when all sockets and files are closed. */
  close(): Promise<void>;
}

/**
 * Starts to serve a fleet's objects as one of its servers. It returns at once and never throws: wrong options, too, reject `ready`
 * and `done`.
 */
export function createSender(options: SenderOptions): Sender {
  return new RunningSender(options);
}

interface SendingEngine extends Engine<SenderStats, void> {
  ready(): Promise<void>;
  reload(): Promise<void>;
}

const NOTHING_SENT: SenderStats = { server: undefined, objects: [] };

class RunningSender extends SafeEmitter<SenderEvents> implements Sender {
  readonly ready: Promise<void>;
  readonly done: Promise<void>;
  readonly #stopping = new AbortController();
  readonly #starting: Promise<SendingEngine>;
  #engine: SendingEngine | undefined;
  #isOver = false;

  constructor(options: SenderOptions) {
    super();
    // Callers add listeners in the turn in which they make the sender; no event may come before.
    const checked = Promise.resolve().then(() => checkSenderOptions(options));
    this.#starting = checked.then((values) => this.#newEngine(values));
    this.ready = this.#starting.then((engine) => engine.ready()).catch(asOurs);
    this.done = checked.then((values) => this.#run(values)).catch(asOurs);
    for (const promise of [this.#starting, this.ready, this.done]) promise.catch(() => undefined);
  }

  async reload(): Promise<void> {
    const engine = await this.#starting.catch(asOurs);
    if (this.#isOver) throw new LayercastError('ABORTED', 'the sender has stopped');
    await engine.reload();
  }

  stats(): SenderStats {
    return this.#engine?.stats() ?? NOTHING_SENT;
  }

  async close(): Promise<void> {
    this.#stopping.abort(new LayercastError('ABORTED', 'the sender was closed'));
    await this.done.catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run({ signal }: CheckedSenderOptions): Promise<void> {
    const stop = () => void this.close();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      const engine = await this.#starting;
      await engine.run(this.#stopping.signal);
    } finally {
      this.#isOver = true;
      signal?.removeEventListener('abort', stop);
    }
  }

  /** The caller's network and clock are objects of this thread, so an engine with one of them works here. */
  async #newEngine({ signal: _, network, clock, ...options }: CheckedSenderOptions): Promise<SendingEngine> {
    if (network === undefined && clock === undefined) this.#engine = new ThreadedSender(options, this);
    else {
      const { SenderEngine } = await import('./engine/sender-engine.js');
      const emit = this.emit.bind(this);
      this.#engine = new SenderEngine(options, { network, clock: clock ?? systemClock, emit });
    }
    return this.#engine;
  }
}

class ThreadedSender
  extends ThreadedEngine<SenderEngineOptions, SenderStats, void, SenderThread>
  implements SendingEngine
{
  constructor(data: SenderEngineOptions, emitter: SafeEmitter<SenderEvents>) {
    const file = new URL('./engine/sender-thread.js', import.meta.url);
    const emit = emitter.emit.bind(emitter) as (event: string, fields: object) => void;
    super(file, { name: 'sending', data, firstStats: NOTHING_SENT, emit });
  }

  ready(): Promise<void> {
    return this.thread.call('ready', undefined);
  }

  reload(): Promise<void> {
    return this.thread.call('reload', undefined);
  }
}

function asOurs(error: unknown): never {
  throw asLayercastError(error);
}
