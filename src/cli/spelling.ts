import type { LayercastError } from '../base/errors.js';
import { AGENT_OPTIONS, SUBSCRIPTION_OPTIONS } from '../options/agent-options.js';
import { GATEWAY_OPTIONS } from '../options/gateway-options.js';
import { MANAGER_OPTIONS } from '../options/manager-options.js';
import { fileKeyOf, type Option, type OptionTable, shortestFlagOf } from '../options/option.js';
import { OptionsError } from '../options/options-error.js';
import { RECEIVER_OPTIONS } from '../options/receiver-options.js';
import { SENDER_OPTIONS } from '../options/sender-options.js';

/** Message and hint of an error for the command line: they name flags instead of options. */
export function typed(error: LayercastError): { readonly message: string; readonly hint: string | undefined } {
  const hint = error.hintFor(flagOf);
  if (!(error instanceof OptionsError)) return { message: error.message, hint };
  // A fault of an entry (`channels.1`) names the flag of the list.
  const lines = error.faults.map(({ option, text }) => `${flagOf(option.split('.')[0]!)}: ${text}`);
  return { message: lines.join('\n'), hint: 'see layercast --help, or layercast COMMAND --help' };
}

/**
 * The hint of an agent's event for whoever wrote the agent's file: it names options as programs do (`LayercastError.hint`), and here becomes the
 * settings of the file; what only flags can say, those.
 */
export function asInAgentFile(hint: string): string {
  return hint.replace(/the option ([a-zA-Z]+)/g, (said, name: string) => {
    const tables = [SUBSCRIPTION_OPTIONS, AGENT_OPTIONS, GATEWAY_OPTIONS];
    const option = tables.map((table) => optionOf(name, table)).find((found) => found !== undefined);
    if (option === undefined) return said;
    return option.file === undefined ? flagOf(name) : `the setting ${fileKeyOf(option)}`;
  });
}

/** The flag or argument of an option. An option that cannot be typed, such as a signal, keeps its name. */
function flagOf(name: string): string {
  // Part of an option for programs, a flag of its own on the command line.
  if (name === 'output.device') return '--device';
  const tables = [RECEIVER_OPTIONS, SENDER_OPTIONS, AGENT_OPTIONS, GATEWAY_OPTIONS, MANAGER_OPTIONS];
  const option = tables.map((table) => optionOf(name, table)).find((found) => found !== undefined);
  return option?.flag === undefined ? (option?.argument ?? name) : shortestFlagOf(option.flag);
}

function optionOf(name: string, table: OptionTable): Option | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
