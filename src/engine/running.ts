import type { EventEmitter } from 'eventemitter3';
import { asLayercastError, LayercastError } from '../base/errors.js';
import { SafeEmitter } from '../events/safe-emitter.js';
import type { Engine } from './engine.js';

/** An emitter whose engine runs once, from its making on, until it ends or its owner ends it. */
export abstract class Running<
    Events extends EventEmitter.ValidEventTypes,
    Options extends { readonly signal?: AbortSignal | undefined },
    Stats,
    Result,
  >
  extends SafeEmitter<Events>
  implements AsyncDisposable
{
  readonly done: Promise<Result>;
  readonly #what: string;
  readonly #stopping = new AbortController();
  #engine: Engine<Stats, Result> | undefined;

  /**
   * @param what the word for messages: "the … was closed"
   * @param check the options that the engine is made with; what it throws rejects `done`
   */
  constructor(what: string, check: () => Options) {
    super();
    this.#what = what;
    // Callers add listeners in the turn in which they make it; no event may come before.
    this.done = Promise.resolve()
      .then(() => this.#run(check()))
      .catch((error: unknown) => {
        throw asLayercastError(error, this.#stopping.signal);
      });
    this.done.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#stopping.abort(new LayercastError('ABORTED', `the ${this.#what} was closed; progress is kept`));
    await this.done.catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The counts of the engine; undefined before there is one. */
  protected get engineStats(): Stats | undefined {
    return this.#engine?.stats();
  }

  protected abstract newEngine(options: Omit<Options, 'signal'>): Promise<Engine<Stats, Result>>;

  async #run({ signal, ...options }: Options): Promise<Result> {
    const stop = () => this.#stopping.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      this.#engine = await this.newEngine(options);
      return await this.#engine.run(this.#stopping.signal);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }
}
