import { LayercastError } from '../base/errors.js';

/** One thing wrong with the options of a call. */
export interface OptionFault {
  /** The option's name; empty for the options as a whole. The name of an entry of a list has its index: `channels.1`. */
  readonly option: string;
  /** What is wrong, what was found, what is allowed. */
  readonly text: string;
}

/** `USAGE` for options with one or more faults; the message has a line for each. */
export class OptionsError extends LayercastError {
  readonly faults: readonly OptionFault[];

  /** @param call the call that got the options: `createReceiver` */
  constructor(call: string, faults: readonly OptionFault[]) {
    super('USAGE', faults.map(({ option, text }) => `${option || 'options'}: ${text}`).join('\n'), {
      hint: `Correct ${faults.length === 1 ? 'this option' : 'these options'} of ${call}`,
    });
    this.faults = faults;
  }
}
