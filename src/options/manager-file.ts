import { resolve } from 'node:path';
import { z } from 'zod';
import { line, mappingOf, path, says } from '../config/fields.js';
import { readSettings } from '../config/read-settings.js';
import { readText } from '../config/read-text.js';
import { prefixes, settingsFrom, wholeShapeOf } from './file-values.js';
import { MANAGER_OPTIONS, type ManagerSettings } from './manager-options.js';

/** More than anybody lists, so that a request is compared in bounded time. */
const MAX_ENTRIES = 1000;
const namesAllowed = `1 to ${MAX_ENTRIES} names, such as [operator]`;

const tlsSchema = mappingOf('settings of TLS', {
  certificate: path('File of the certificate of the manager and those of its authorities, in PEM'),
  key: path('File of its private key, in PEM'),
  clients: path('File of the authority of the certificates of clients, in PEM').nullish(),
  names: z
    .array(line('not the common name of a certificate'), says('not a list of names', namesAllowed))
    .min(1, says('no names', namesAllowed))
    .max(MAX_ENTRIES, says('too many names', namesAllowed))
    .optional()
    .meta({ description: 'Common names of clients’ certificates that count as a token. Default: none' }),
}).meta({ title: 'TLS', description: 'HTTPS instead of HTTP. Default: HTTP' });

export const managerSchema = mappingOf('a manager file', {
  ...wholeShapeOf(MANAGER_OPTIONS),
  allow: prefixes
    .optional()
    .meta({ description: 'Where devices may register from: addresses and prefixes. Default: this host' }),
  tls: tlsSchema.optional(),
}).meta({
  title: 'layercast manager',
  description: 'Where layercast manager listens, and who may do what there',
});

/** A manager file after all checks, with absolute paths. A setting that the file lacks is undefined; defaults come later. */
export interface ManagerFile extends Partial<ManagerSettings> {
  readonly allow?: readonly string[] | undefined;
  readonly tls?: ManagerTls | undefined;
}

/** Paths of files. */
export interface ManagerTls {
  readonly certificate: string;
  readonly key: string;
  readonly clients: string | undefined;
  readonly names: readonly string[];
}

/**
 * Reads and checks a manager file.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault; {LayercastError} `FILE_NOT_FOUND`, `PERMISSION_DENIED` or `FILE_IO`.
 */
export async function loadManagerFile(path: string): Promise<ManagerFile> {
  return parseManagerFile(await readText(path), path);
}

/**
 * Checks the text of a manager file; `path` names it in faults, and relative paths in it start from its folder.
 *
 * @throws {ConfigError} `CONFIG_INVALID` with every fault.
 */
export function parseManagerFile(text: string, path: string): ManagerFile {
  const { file, source, folder, conclude } = readSettings(managerSchema, text, path);
  const made = {
    ...settingsFrom(MANAGER_OPTIONS, file, folder),
    allow: file.allow,
    tls: file.tls && placed(file.tls, folder),
  };
  const isLost = file.tls?.names !== undefined && !file.tls.clients;
  return conclude(
    made,
    isLost
      ? [
          source.faultAt(
            ['tls', 'names'],
            'no certificate can be checked, missing: clients, the file of their authority',
          ),
        ]
      : [],
  );
}

function placed(tls: z.output<typeof tlsSchema>, folder: string): ManagerTls {
  const { certificate, key, clients, names } = tls;
  return {
    certificate: resolve(folder, certificate),
    key: resolve(folder, key),
    clients: clients ? resolve(folder, clients) : undefined,
    names: names ?? [],
  };
}
