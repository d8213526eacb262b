import type { Agent } from '../../create-agent.js';
import { reasonOf } from '../reason.js';

/** Reads the settings of an agent anew at each SIGHUP. What is wrong with them is a warning of the agent that works, which goes on. */
export class AgentReloads<Options> implements Disposable {
  readonly #read: () => Promise<Options>;
  #isAsked = false;
  #onAsked: () => void = () => undefined;

  constructor(read: () => Promise<Options>) {
    this.#read = read;
    process.on('SIGHUP', this.#note);
  }

  /**
   * Waits until the agent has ended, or is to be replaced: after a SIGHUP, when no program of the device runs, because its work would be for nothing.
   *
   * @returns what the next agent has to do; undefined when the agent has ended
   * @throws {LayercastError} the error that the agent ended with
   */
  async next(agent: Agent): Promise<Options | undefined> {
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

  [Symbol.dispose](): void {
    process.removeListener('SIGHUP', this.#note);
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

  async #readFor(agent: Agent): Promise<Options | undefined> {
    try {
      return await this.#read();
    } catch (error) {
      const { message } = reasonOf(error);
      agent.emit('warning', { code: 'RELOAD_FAILED', message: `the old settings stay: ${message}` });
      return undefined;
    }
  }
}

/** Resolves when the agent runs no program. */
async function programsEnded(agent: Agent): Promise<void> {
  while (agent.status()?.objects.some(({ state }) => state === 'applying')) {
    await new Promise<void>((resolve) => {
      agent.once('state', () => resolve());
    });
  }
}
