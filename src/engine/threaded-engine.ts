import { asLayercastError, type LayercastError } from '../base/errors.js';
import { systemClock } from '../base/system-clock.js';
import { settledBy } from '../base/waiting.js';
import { ConfigError } from '../config/faults.js';
import type { DataOf, Owner } from '../work/calls.js';
import { type PackedValue, packedReason } from '../work/packed-values.js';
import { Thread } from '../work/thread.js';
import type { Engine } from './engine.js';
import type { ToldEvent } from './outbox.js';
import type { EngineCalls } from './serve-engine.js';

/** A thread ends within milliseconds, unless it has asked a disk that does not answer. */
const ENDING_US = 50_000;

/** A worker file whose calls are those of an engine and perhaps others. */
type EngineFile<Data, Result> = (data: Data, owner: Owner) => EngineCalls<Result>;

export interface ThreadedEngineOptions<Data, Stats> {
  /** What the thread does, for messages: "the … thread ran out of memory". */
  readonly name: string;
  /** What the engine is made from; copied. */
  readonly data: Data;
  /** The counts until the thread tells some. */
  readonly firstStats: Stats;
  readonly emit: (event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/**
 * An engine in a thread of its own, as its owner sees it. Events arrive in their order, each in a turn of its own, as if the engine
 * ran here. Errors have their code, message, hint and cause; an error that comes twice is one error.
 */
export class ThreadedEngine<Data, Stats, Result, W extends EngineFile<Data, Result>> implements Engine<Stats, Result> {
  readonly thread: Thread<W>;
  #stats: Stats;

  /** @param file the worker file, which ends with `serveCalls` and makes its calls by `serveEngine` */
  constructor(file: URL, { name, data, firstStats, emit }: ThreadedEngineOptions<Data, Stats>) {
    this.#stats = firstStats;
    const onTold = (message: unknown) => {
      const { event, fields, stats } = message as ToldEvent<Stats>;
      this.#stats = stats;
      this.#engineThread.send('taken', undefined);
      if (event !== undefined) emit(event, this.#unpacked(fields));
    };
    this.thread = new Thread<W>(file, { name, onTold, revive }, ...([data] as unknown as DataOf<W>));
  }

  /** The counts that the thread told last: never older than the last event, and else at most some tenths of a second old. */
  stats(): Stats {
    return this.#stats;
  }

  /** @throws {LayercastError} as the engine; `THREAD_LOST` when its thread has failed */
  async run(signal: AbortSignal): Promise<Result> {
    const stop = () => {
      this.thread.giveReason(signal.reason);
      this.#engineThread.send('stop', packedReason(signal.reason));
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      return (await this.#engineThread.call('run', undefined)) as Result;
    } finally {
      signal.removeEventListener('abort', stop);
      await settledBy(systemClock.nowUs() + ENDING_US, systemClock, this.thread.close());
    }
  }

  /** The thread with those calls only that every engine has. */
  get #engineThread(): Thread<EngineFile<never, Result>> {
    return this.thread as unknown as Thread<EngineFile<never, Result>>;
  }

  #unpacked(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return 'error' in fields ? { ...fields, error: this.thread.unpack(fields.error as PackedValue) } : fields;
  }
}

/** The faults of a settings file are an error of their own class. */
function revive(error: LayercastError, { faults, excerpts }: Readonly<Record<string, unknown>>): LayercastError {
  if (error.code !== 'CONFIG_INVALID' || !Array.isArray(faults)) return asLayercastError(error);
  return Object.setPrototypeOf(Object.assign(error, { faults, excerpts }), ConfigError.prototype);
}
