import { LayercastError } from '../../base/errors.js';
import { readText } from '../../config/read-text.js';
import { parseFleet } from '../../fleet/load-fleet.js';
import { limited, warningsOf } from '../../fleet/warnings.js';
import { hostWarnings, KEEPS_FROM_SENDING, serverNamed } from '../../publish/warnings/host-warnings.js';
import { recordsOf, showWarnings } from './config-warnings.js';

export interface CheckOptions {
  readonly config: string;
  /** Name of the server that this host is; undefined: found as `serve` finds it. */
  readonly host: string | undefined;
  readonly json: boolean;
}

/**
 * `layercast serve --check`: whether this host could serve the fleet file, without sending anything. Prints one line on stdout, and warnings on
 * stderr; with `--json` one object.
 *
 * @throws {LayercastError} `CONFIG_INVALID` for faults of the file, and if something that it names keeps this server from sending;
 * `UNKNOWN_HOST` if this host is none of its servers
 */
export async function runCheck({ config, host, json }: CheckOptions): Promise<void> {
  const text = await readText(config);
  const fleet = parseFleet(text, config);
  const server = serverNamed(fleet, host);
  const warnings = limited([...warningsOf(fleet), ...(await hostWarnings(fleet, { host }))]);
  const grave = warnings.filter(({ code }) => KEEPS_FROM_SENDING.includes(code));
  if (json) {
    const fields = { file: config, server: server.name, canServe: grave.length === 0, warnings: recordsOf(warnings) };
    process.stdout.write(`${JSON.stringify(fields)}\n`);
  } else {
    showWarnings(warnings, text, config);
    if (grave.length === 0) process.stdout.write(`${config}: ok: this host can be server ${server.name}\n`);
  }
  if (grave.length === 0) return;
  const what = grave.length === 1 ? 'one of the warnings keeps' : `${grave.length} of the warnings keep`;
  throw new LayercastError('CONFIG_INVALID', `${what} server ${server.name} from sending`, {
    hint: 'Correct what they say; layercast doctor examines the host itself',
  });
}
