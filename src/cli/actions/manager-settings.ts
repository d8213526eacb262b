import { LayercastError } from '../../base/errors.js';
import { readKeyText, readText } from '../../config/read-text.js';
import { type ManagerServiceOptions, THIS_HOST } from '../../engine/manager-service.js';
import { readTokens } from '../../manager/http/authority.js';
import { loadManagerFile, type ManagerFile, type ManagerTls } from '../../options/manager-file.js';
import { MANAGER_OPTIONS } from '../../options/manager-options.js';
import { keyOf } from '../../options/option.js';
import { defaultStateDir } from '../../store/state-dir.js';
import { MANAGER_FILE } from '../command-options.js';
import { type Flags, settle } from '../settings.js';
import { addressOf } from '../watching.js';

/** What a manager works by, but for its metrics. */
export type ManagerSettings = Omit<ManagerServiceOptions, 'metrics'>;

/**
 * Reads the manager file, if one was named, and the files that it names.
 *
 * @throws {LayercastError} `USAGE`, `CONFIG_INVALID`, `KEY_INVALID`, or the system's reason why a file cannot be read
 */
export async function readManagerSettings(flags: Flags): Promise<ManagerSettings> {
  const { config } = settle(MANAGER_FILE, flags, process.env);
  const file: ManagerFile = config === undefined ? {} : await loadManagerFile(config);
  const { coap, listen, clientCount, tokens, stateDir, ...settings } = settle(
    MANAGER_OPTIONS,
    flags,
    process.env,
    file,
  );
  const http = {
    ...addressOf(listen, '--listen', 8090),
    clientCount,
    tokens: tokens === undefined ? [] : readTokens(await readKeyText(tokens), tokens),
    names: file.tls?.names ?? [],
    tls: file.tls && (await readTls(file.tls)),
  };
  return {
    ...settings,
    stateDir: stateDir ?? defaultStateDir(),
    allow: file.allow ?? THIS_HOST,
    coap: addressOf(coap, '--coap', 5683),
    http,
  };
}

/**
 * Lets only those settings differ that a manager can take while it works. A flag or a variable cannot change, so the settings are named as in the file.
 *
 * @throws {LayercastError} `CONFIG_INVALID` with each of the others
 */
export function refuseRestartOnly(before: ManagerSettings, after: ManagerSettings): void {
  const now = fixedPartsOf(after);
  const changed = [...fixedPartsOf(before)].filter(([name, value]) => now.get(name) !== value);
  if (changed.length === 0) return;
  const names = changed.map(([name]) => name);
  throw new LayercastError('CONFIG_INVALID', `a manager takes another value only when it starts: ${names.join(', ')}`, {
    hint: 'Restart the manager, or set back what was changed',
  });
}

/** By the names in the file. */
function fixedPartsOf({ coap, http, deviceCount, stateDir }: ManagerSettings): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    [keyOf(MANAGER_OPTIONS.coap.flag), `${coap.host} ${coap.port}`],
    [keyOf(MANAGER_OPTIONS.listen.flag), `${http.host} ${http.port}`],
    [keyOf(MANAGER_OPTIONS.deviceCount.flag), deviceCount],
    [keyOf(MANAGER_OPTIONS.stateDir.flag), stateDir],
    ['tls', http.tls === undefined],
    ['tls.clients', http.tls?.clients === undefined],
  ]);
}

async function readTls({ certificate, key, clients }: ManagerTls) {
  return {
    certificate: await readText(certificate),
    key: await readKeyText(key),
    clients: clients === undefined ? undefined : await readText(clients),
  };
}
