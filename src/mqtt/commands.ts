import { Allowance } from '../base/allowance.js';
import { plainText } from '../base/plain-text.js';
import type { IncomingMessage } from './broker-connection.js';

/** What a device can be told. `report` sends its status again; the others change what it does. */
const DEVICE_COMMANDS = ['report', 'fetch', 'pause', 'resume'] as const;
export type DeviceCommand = (typeof DEVICE_COMMANDS)[number];

/** The longest payload that is read. */
const MAX_BYTES = 64;
/** Commands that a quiet device obeys at once, and then one each ten seconds: more would only keep it busy. */
const BURST = 10;
const PER_SECOND = 0.1;

/** Decides which commands a device obeys. */
export class CommandGate {
  readonly #allowed: readonly DeviceCommand[];
  readonly #allowance = new Allowance(PER_SECOND, BURST);

  constructor(allowed: readonly DeviceCommand[]) {
    this.#allowed = allowed;
  }

  /** The command of a message, or why it is not obeyed. */
  judge(
    { payload, isRetained }: Pick<IncomingMessage, 'payload' | 'isRetained'>,
    nowUs: number,
  ): { readonly command: DeviceCommand } | { readonly refusal: string } {
    // A broker would give a retained command again at each connection.
    if (isRetained) return { refusal: 'a command is retained; publish it without the retain flag' };
    if (payload.length > MAX_BYTES) return { refusal: `a command of ${payload.length} bytes` };
    const text = Buffer.from(payload).toString('utf8').trim();
    const command = this.#allowed.find((word) => word === text);
    if (command === undefined) return { refusal: `the command ${JSON.stringify(plainText(text))} is not allowed` };
    if (!this.#allowance.take(nowUs)) return { refusal: `more commands than one in ${1 / PER_SECOND} s` };
    return { command };
  }
}
