import { LayercastError } from '../../base/errors.js';
import { type CommandOptions, faultOf, type RunningCommand, startCommand } from '../../process/command.js';
import type { ByteSink } from './byte-sink.js';

/**
 * The standard input of a command, which is started with the first byte. The bytes count as taken when the command has ended with exit code
 * 0, whether or not it has read them all.
 */
export class CommandInput implements ByteSink {
  readonly #options: CommandOptions;
  #command: RunningCommand | undefined;
  #fault: LayercastError | undefined;
  #isClosed = false;

  constructor(options: CommandOptions) {
    this.#options = options;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { input } = this.#start();
    if (!this.#isClosed) {
      await new Promise<void>((resolve) => {
        const done = () => {
          input.off('close', done);
          resolve();
        };
        // The callback of a write that waits when the command closes its input may come with an error, or not at all.
        input.once('close', done);
        if (input.destroyed) done();
        else input.write(bytes, done);
      });
    }
    if (this.#fault !== undefined) throw this.#fault;
  }

  async end(): Promise<void> {
    const command = this.#start();
    command.input.end();
    await command.ended;
    if (this.#fault !== undefined) throw this.#fault;
  }

  abandon(): void {
    this.#command?.stop();
  }

  #start(): RunningCommand {
    if (this.#command !== undefined) return this.#command;
    const command = startCommand(this.#options);
    this.#command = command;
    command.input.on('close', () => {
      this.#isClosed = true;
    });
    command.ended.then((end) => {
      const { argv, timeoutMs } = this.#options;
      const fault = faultOf(end, timeoutMs);
      if (fault !== undefined) {
        const message = `the command ${JSON.stringify(argv[0])} ${fault}`;
        this.#fault = new LayercastError('COMMAND_FAILED', message, { hint: 'See what the command said before' });
      }
      this.#isClosed = true;
      command.input.destroy();
    });
    return command;
  }
}
