import type { LayercastError, OptionName } from '../base/errors.js';
import { OptionsError } from '../options/options-error.js';

/** How each option is typed. The last ones are no flags: nobody can type them. */
const TYPED: Readonly<Record<OptionName, string>> = {
  fleet: 'FLEET',
  object: 'OBJECT',
  key: '--key',
  output: '-o',
  interface: '--interface',
  wait: '--no-wait',
  scope: '--scope',
  port: '--port',
  hash: '--hash',
  mode: '--mode',
  channels: '--channels',
  maxRateBitsPerSecond: '--max-rate',
  timeoutMs: '--timeout',
  patienceMs: '--patience',
  allowRollback: '--allow-rollback',
  allowExpired: '--allow-expired',
  stateDir: '--state',
  config: '--config',
  host: '--host',
  cacheBytes: '--cache',
  threadCount: '--threads',
  exitWhenIdle: '--exit-when-idle',
  signal: 'signal',
  network: 'network',
  clock: 'clock',
};

/** What an error says to someone at a command line: flags in the place of options. */
export function typed(error: LayercastError): { readonly message: string; readonly hint: string | undefined } {
  const hint = error.hintFor((option) => TYPED[option]);
  if (!(error instanceof OptionsError)) return { message: error.message, hint };
  const lines = error.faults.map(({ option, text }) => `${flagOf(option)}: ${text}`);
  return { message: lines.join('\n'), hint: 'see layercast --help, or layercast COMMAND --help' };
}

/** An entry of a list is said with its list. */
function flagOf(option: string): string {
  const [name = ''] = option.split('.');
  return Object.hasOwn(TYPED, name) ? TYPED[name as OptionName] : name;
}
