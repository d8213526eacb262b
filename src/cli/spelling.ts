import type { LayercastError } from '../base/errors.js';
import { type Option, type OptionTable, shortestFlagOf } from '../options/option.js';
import { OptionsError } from '../options/options-error.js';
import { RECEIVER_OPTIONS } from '../options/receiver-options.js';
import { SENDER_OPTIONS } from '../options/sender-options.js';

/** What an error says to someone at a command line: flags instead of options. */
export function typed(error: LayercastError): { readonly message: string; readonly hint: string | undefined } {
  const hint = error.hintFor(flagOf);
  if (!(error instanceof OptionsError)) return { message: error.message, hint };
  // An entry of a list is said with its list.
  const lines = error.faults.map(({ option, text }) => `${flagOf(option.split('.')[0]!)}: ${text}`);
  return { message: lines.join('\n'), hint: 'see layercast --help, or layercast COMMAND --help' };
}

/** How an option is typed. What nobody can type, such as a signal, keeps its name. */
function flagOf(name: string): string {
  const option = optionOf(name, RECEIVER_OPTIONS) ?? optionOf(name, SENDER_OPTIONS);
  return option?.flag === undefined ? (option?.argument ?? name) : shortestFlagOf(option.flag);
}

function optionOf(name: string, table: OptionTable): Option | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
