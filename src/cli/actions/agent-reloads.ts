import { LayercastError } from '../../base/errors.js';
import type { WatchedAgent } from '../../create-agent.js';
import { reasonOf } from '../reason.js';

/** An agent, or a gateway, which works as one. */
export interface ReloadedAgent extends WatchedAgent, AsyncDisposable {
  readonly done: Promise<void>;
}

/**
 * Reads the settings of an agent anew at each SIGHUP, from the first moment on. What is wrong with them is a warning, and the agent goes on with those before: also if only the
 * agent that should work by them finds it, such as a key of contents that is missing or a port that is taken.
 */
export class AgentReloads<Options> implements Disposable {
  readonly #read: () => Promise<Options>;
  /** Those that an agent has begun with. */
  #proven: Options | undefined;
  #isAsked = false;
  #onAsked: () => void = () => undefined;

  constructor(read: () => Promise<Options>) {
    this.#read = read;
    process.on('SIGHUP', this.#note);
  }

  /**
   * Has an agent work, and another one after each reload, until one has ended.
   *
   * @param first what the first agent works by
   * @param begin makes an agent in this turn, so that none of its events is missed
   * @throws {LayercastError} the error that the last agent ended with
   */
  async run(first: Options, begin: (options: Options) => ReloadedAgent): Promise<void> {
    for (let options: Options | undefined = first; options !== undefined; ) {
      await using agent = begin(options);
      options = await this.#next(agent, options);
    }
  }

  [Symbol.dispose](): void {
    process.removeListener('SIGHUP', this.#note);
  }

  /**
   * Waits until the agent has ended, or is to be replaced: after a SIGHUP, when no program of the device runs, because its work would be for nothing.
   *
   * @returns what the next agent works by; undefined when the agent has ended
   */
  async #next(agent: ReloadedAgent, options: Options): Promise<Options | undefined> {
    agent.once('start', () => {
      this.#proven = options;
    });
    try {
      return await this.#following(agent);
    } catch (error) {
      const isAborted = error instanceof LayercastError && error.code === 'ABORTED';
      if (isAborted || this.#proven === undefined || this.#proven === options) throw error;
      warnOf(agent, error);
      return this.#proven;
    }
  }

  async #following(agent: ReloadedAgent): Promise<Options | undefined> {
    const ended = agent.done.then(() => 'ended' as const);
    // The agent is closed after a reload, and nobody waits for this then.
    ended.catch(() => undefined);
    for (;;) {
      if ((await Promise.race([ended, this.#asked()])) === 'ended') return undefined;
      this.#isAsked = false;
      const options = await this.#readFor(agent);
      if (options === undefined) continue;
      return (await Promise.race([ended, programsEnded(agent)])) === 'ended' ? undefined : options;
    }
  }

  readonly #note = (): void => {
    this.#isAsked = true;
    this.#onAsked();
  };

  async #asked(): Promise<void> {
    if (this.#isAsked) return;
    await new Promise<void>((resolve) => {
      this.#onAsked = resolve;
    });
  }

  async #readFor(agent: ReloadedAgent): Promise<Options | undefined> {
    try {
      return await this.#read();
    } catch (error) {
      warnOf(agent, error);
      return undefined;
    }
  }
}

function warnOf(agent: ReloadedAgent, error: unknown): void {
  const { message } = reasonOf(error);
  agent.emit('warning', { code: 'RELOAD_FAILED', message: `the old settings stay: ${message}` });
}

/** Resolves when the agent runs no program. */
async function programsEnded(agent: ReloadedAgent): Promise<void> {
  while (agent.status()?.objects.some(({ state }) => state === 'applying')) {
    await new Promise<void>((resolve) => {
      agent.once('state', () => resolve());
    });
  }
}
